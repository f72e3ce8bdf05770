/** What an app does with a response that has an event stream, one after the other. */
export type Step =
  | { do: "send" | "write" | "plain write"; size: number }
  | { do: "cork" | "uncork" | "cork socket" | "uncork socket" | "patch" | "turn" }
  | { do: "wait"; ms: number };

/** How a stream ends: by itself, by the app's `res.end()`, or broken off. */
export type End = "end" | "close" | "app" | "break";

export type PlannedRequest =
  | { kind: "text" | "chunked"; method: "GET" | "HEAD"; id: number; sizes: number[]; ms: number }
  | { kind: "stream"; method: "GET"; id: number; steps: Step[]; end: End };

/** What one client does, and what is done for it. */
export interface PlannedConnection {
  tls: boolean;
  /** Each is pipelined; the next follows when all of it is answered. */
  bursts: PlannedRequest[][];
  /** Milliseconds for which it does not read, again and again. */
  pauses: number[];
  /** It leaves when it has read so much. */
  leavesAfter: number | undefined;
}

export class Planner {
  readonly #random: () => number;
  #ids = 0;

  /** @param random numbers from 0 up to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  connection(): PlannedConnection {
    const bursts = this.#list(1, 4, () => this.#burst());
    // After a response that was broken off nothing more can come.
    const broken = bursts.findIndex((burst) => burst.some(isBroken));
    if (broken >= 0) bursts.splice(broken + 1);
    return {
      tls: this.#chance(0.15),
      bursts,
      pauses: this.#chance(0.3) ? this.#list(1, 6, () => this.#below(12)) : [],
      leavesAfter: this.#chance(0.15) ? this.#below(60_000) : undefined,
    };
  }

  /** One stream at most: one behind another would be refused. */
  #burst(): PlannedRequest[] {
    const requests = this.#list(0, 3, () => this.#ordinary());
    if (this.#chance(0.7)) requests.splice(this.#below(requests.length + 1), 0, this.#stream());
    return requests.length > 0 ? requests : [this.#stream()];
  }

  #ordinary(): PlannedRequest {
    return {
      kind: this.#chance(0.5) ? "text" : "chunked",
      method: this.#chance(0.15) ? "HEAD" : "GET",
      id: ++this.#ids,
      sizes: this.#list(1, 4, () => this.#size(50_000)),
      ms: this.#chance(0.5) ? 0 : this.#below(6),
    };
  }

  #stream(): PlannedRequest {
    const ends: End[] = ["end", "end", "close", "app", "app", "break"];
    // Where the app writes too, an event has to be in one piece: it is when it is small.
    const steps = this.#chance(0.5) ? this.#mixedSteps() : this.#plainSteps();
    return { kind: "stream", method: "GET", id: ++this.#ids, steps, end: this.#pick(ends) };
  }

  #plainSteps(): Step[] {
    return this.#list(0, 12, () =>
      this.#chance(0.6) ? { do: "send", size: this.#size(300_000) } : this.#pause(),
    );
  }

  #mixedSteps(): Step[] {
    return this.#list(0, 8, (): Step[] => {
      const kind = this.#random();
      if (kind < 0.5) return [this.#write(20_000), this.#pause()];
      // As little as Node 22 forgets no drain of.
      if (kind < 0.65) return [{ do: "cork" }, ...this.#few(), { do: "uncork" }];
      if (kind < 0.8) return [{ do: "cork socket" }, ...this.#few(), { do: "uncork socket" }];
      return kind < 0.85 ? [{ do: "patch" }] : [this.#pause()];
    }).flat();
  }

  #few(): Step[] {
    return this.#list(1, 5, () => (this.#chance(0.6) ? this.#write(1_000) : this.#pause()));
  }

  #write(max: number): Step {
    return { do: this.#pick(["send", "send", "write", "plain write"]), size: this.#size(max) };
  }

  #pause(): Step {
    return this.#chance(0.7) ? { do: "turn" } : { do: "wait", ms: this.#below(4) };
  }

  /** Small ones are frequent. */
  #size(max: number): number {
    return Math.floor(max ** this.#random());
  }

  #list<T>(min: number, max: number, create: () => T): T[] {
    return Array.from({ length: min + this.#below(max - min + 1) }, create);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

export function isBroken(request: PlannedRequest): boolean {
  return request.kind === "stream" && request.end === "break";
}
