import { SseError, type AppendOptions, type Draft } from "@ssekit/core";
import { describe, type ResolvedHistory } from "@ssekit/core/adapter";
import type { KnownKeys } from "./known-keys.js";
import { encodeMessage, sizeOfDraft, type Message, type MessageHead } from "./message.js";
import { idOf, START, type Position } from "./position.js";
import type { Retention } from "./retention.js";

/** A call of `append` that waits to be stored. */
export interface Operation {
  readonly drafts: readonly PreparedDraft[];
  readonly after: AppendOptions["after"];
  readonly deadline: number;
  /** Bytes of the drafts as JSON. */
  readonly size: number;
  resolve(ids: readonly string[]): void;
  reject(error: unknown): void;
}

export interface PreparedDraft {
  readonly draft: Draft;
  readonly json: string;
  /** Bytes, as a history counts them. */
  readonly size: number;
}

export function prepareDraft(draft: Draft): PreparedDraft {
  return { draft, json: JSON.stringify(draft), size: sizeOfDraft(draft) };
}

/** What a log looks like before the drafts are stored. */
export interface LogState {
  readonly epoch: string;
  readonly newest: Message | undefined;
  readonly retention: Retention | undefined;
  readonly keys: KnownKeys;
}

/** Decides what happens with several calls of `append` that go into one message, in the order of the calls. */
export class AppendPlan {
  readonly nonce: string = crypto.randomUUID();
  readonly added: PreparedDraft[] = [];
  readonly head: MessageHead;
  readonly #state: LogState;
  readonly #history: ResolvedHistory;
  // The index in `added` of each key that it holds.
  readonly #addedKeys = new Map<string, number>();
  readonly #outcomes: ((id: (index: number) => string) => void)[] = [];
  #size = 0;

  constructor(operations: readonly Operation[], state: LogState, history: ResolvedHistory) {
    this.#state = state;
    this.#history = history;
    for (const operation of operations) this.#decide(operation);
    const { newest } = state;
    const now = Date.now() * 1_000 + Math.floor(Math.random() * 1_000); // no platform has the microseconds of all nodes
    this.head = {
      time: Math.max(now, (newest?.head.time ?? 0) + 1),
      nonce: this.nonce,
      before: newest?.last ?? START,
      count: newest?.total ?? 0,
      bytes: newest?.totalBytes ?? 0,
      size: this.#size,
    };
  }

  /** The sequence number that the last message of the log must have. */
  get expected(): number {
    return this.#state.newest?.seq ?? 0;
  }

  get text(): string {
    return encodeMessage(
      this.head,
      this.added.map(({ json }) => json),
    );
  }

  /** Settles all calls. The message is the stored one, if there was anything to store. */
  settle(seq: number): void {
    const position = (index: number): Position => ({ seq, time: this.head.time, index });
    for (const outcome of this.#outcomes) outcome((index) => idOf(this.#state.epoch, position(index)));
  }

  #decide({ drafts, after, resolve, reject }: Operation): void {
    const { epoch, keys, retention } = this.#state;
    const from = this.added.length;
    const fresh: PreparedDraft[] = [];
    const freshKeys = new Map<string, number>();
    // The id of each draft, or its index in the message.
    const places = drafts.map((prepared): string | number => {
      const { idempotencyKey: key } = prepared.draft;
      if (key !== undefined) {
        const known = keys.find(key, retention);
        if (known !== undefined) return idOf(epoch, known.message.position(known.index));
        const added = this.#addedKeys.get(key) ?? freshKeys.get(key);
        if (added !== undefined) return added;
        freshKeys.set(key, from + fresh.length);
      }
      return from + fresh.push(prepared) - 1;
    });
    const problem = fresh.length === 0 ? undefined : this.#problem(fresh, after);
    if (problem !== undefined) {
      this.#outcomes.push(() => reject(problem));
      return;
    }
    for (const [key, index] of freshKeys) this.#addedKeys.set(key, index);
    for (const prepared of fresh) {
      this.added.push(prepared);
      this.#size += prepared.size;
    }
    this.#outcomes.push((id) =>
      resolve(places.map((place) => (typeof place === "string" ? place : id(place)))),
    );
  }

  #problem(fresh: readonly PreparedDraft[], after: string | undefined): SseError | undefined {
    const { epoch, newest } = this.#state;
    const hasEnded = this.added.length > 0 ? this.added.at(-1)!.draft.end : newest?.ends;
    if (hasEnded || fresh.slice(0, -1).some(({ draft }) => draft.end)) {
      const problem = "The log has ended, or a draft follows one that ends it";
      return new SseError("ERR_SSE_CHANNEL_ENDED", `${problem}: nothing was stored`);
    }
    const last = newest === undefined ? "start" : idOf(epoch, newest.last);
    if (after !== undefined && (this.added.length > 0 || after !== last)) {
      const expected =
        last === "start" ? "start, because no entry was ever stored" : `${last}, the id of the last entry`;
      const actual = this.added.length > 0 ? "another entry was stored meanwhile" : `got ${describe(after)}`;
      return new SseError("ERR_SSE_CONFLICT", `after: expected ${expected}, ${actual}; nothing was stored`);
    }
    return this.#history.complete ? this.#fullProblem(fresh, this.#history.maxBytes) : undefined;
  }

  #fullProblem(fresh: readonly PreparedDraft[], maxBytes: number): SseError | undefined {
    let bytes = (this.#state.newest?.totalBytes ?? 0) + this.#size;
    for (const { draft, size } of fresh) {
      bytes += size;
      if (bytes <= maxBytes || draft.end || draft.control) continue;
      const problem = `The log would hold ${bytes} bytes, more than its maxBytes of ${maxBytes}`;
      return new SseError("ERR_SSE_LOG_FULL", `${problem}: nothing was stored`);
    }
    return undefined;
  }
}
