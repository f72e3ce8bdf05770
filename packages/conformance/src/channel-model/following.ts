import type { Block, Connection } from "./connection.js";
import type { Wishes } from "./model-client.js";
import { epochOf, positionOf, type Call, type Epoch, type World } from "./world.js";

/** What came on one connection, held against the log. */
export class Following {
  readonly epoch: Epoch;
  /** How many calls there were when the stream left the channel, and when it was ended by the program. */
  leftAt: number | undefined;
  endedAt: number | undefined;
  readonly #world: World;
  readonly #wishes: Wishes;
  readonly #connection: Connection;
  readonly #lastEventId: string | undefined;
  /** How many calls there were when it began. */
  readonly #begunAt: number;
  // Up to where the client has been served; `undefined`: it began at the tail, and that is not known yet.
  #position: number | undefined;
  #verified = 0;
  #previous: Block | undefined;
  #over = false;

  constructor(world: World, wishes: Wishes, connection: Connection, lastEventId: string | undefined) {
    this.#world = world;
    this.#wishes = wishes;
    this.#connection = connection;
    this.#lastEventId = lastEventId;
    this.epoch = world.epoch;
    this.#begunAt = this.epoch.calls.length;
    if (lastEventId !== undefined) this.#position = positionOf(lastEventId);
    else if (wishes.from === "start") this.#position = 0;
  }

  /** Nothing more is to come on this connection. */
  get complete(): boolean {
    this.verify();
    const { over, cut } = this.#connection;
    if (cut || this.leftAt !== undefined) return true;
    if (this.endedAt !== undefined || this.#world.ended) return over;
    return !over && this.#lacks(this.#last).length === 0;
  }

  report(): string {
    const { over, cut, blocks } = this.#connection;
    const lacks = this.#lacks(this.#last).map((call) => call.data.slice(0, 10));
    const seen = blocks.map(({ event, data, id }) => `${event} ${data.slice(0, 12)} ${id?.slice(-6)}`);
    return JSON.stringify({ wishes: this.#wishes, over, cut, lacks, seen, from: this.#lastEventId });
  }

  /** Looks at what has come since it was called last. */
  verify(): void {
    const { blocks } = this.#connection;
    for (; this.#verified < blocks.length; this.#verified++) {
      const block = blocks[this.#verified]!;
      try {
        this.#verifyBlock(block);
      } catch (error) {
        throw new Error(`${(error as Error).message}; at block ${this.#verified} of ${this.report()}`, { cause: error });
      }
      if (block.event !== "own") this.#previous = block;
    }
  }

  #verifyBlock(block: Block): void {
    const { event, data, id } = block;
    expect(!this.#over, "something after the end");
    if (event === "own") return this.#verifyOwn(data);
    expect(id !== undefined, "no id");
    if (event === "reset") return this.#verifyReset(block);
    const isNew = this.#lastEventId !== undefined && !this.#isKnown && this.#previous === undefined;
    expect(!isNew, "an id of another log, and no reset");
    if (event === "snapshot") return this.#verifySnapshot(block);
    if (this.#wishes.snapshot) {
      const first = this.#previous === undefined && this.#position === undefined;
      expect(!first && this.#previous?.event !== "reset", "no snapshot");
    }
    const position = positionOf(id!);
    if (event === "heartbeat" || (event === "end" && data === "")) {
      this.#expectNothingBefore(position + 1);
      if (event === "end") this.#verifyEnd();
    } else {
      const call = this.#callAt(position) ?? this.epoch.calls.find((one) => one.end && one.data === data);
      expect(call !== undefined && call.data === data, `${data.slice(0, 20)} is not what was published there`);
      expect(this.#wants(call), "an event that it does not want");
      this.#expectNothingBefore(position);
      if (call.end) expect(event === "done" && id!.endsWith("~end"), "a last event that does not say so");
      if (call.end) this.#over = true;
    }
    this.#position = position;
  }

  #verifyReset({ data, id }: Block): void {
    const { reason } = JSON.parse(data) as { reason: string };
    expect(this.#previous?.event !== "reset", "two resets, and no event between");
    const first = this.#previous === undefined;
    if (first && this.#lastEventId !== undefined && !this.#isKnown) {
      expect(reason === "new-log", `new-log as the reason, not ${reason}`);
    } else {
      expect(reason === "evicted", `evicted as the reason, not ${reason}`);
      const evicted = this.#last - this.#world.setup.kept;
      expect((this.#position ?? this.#begunPosition) < evicted, "a reset, but nothing was evicted");
      expect(this.#position === undefined || positionOf(id!) > this.#position, "a reset back");
    }
    this.#position = positionOf(id!);
  }

  #verifySnapshot({ data, id }: Block): void {
    expect(this.#wishes.snapshot, "a snapshot that nobody asked for");
    const position = positionOf(id!);
    const afterReset = this.#previous?.event === "reset";
    expect(afterReset || this.#previous === undefined, "a snapshot in between");
    if (afterReset) expect(id === this.#previous!.id, "a snapshot at another place than its reset");
    const state = this.#positionAfter(Number(data.slice("state ".length)));
    if (this.#world.synchronous) expect(position === state, `the state ${state} at ${position}`);
    else expect(position <= state, `the state ${state}, after which ${position} is not sent`);
    this.#position = position;
  }

  /** The events of the program keep their place among those of a log that answers at once. */
  #verifyOwn(data: string): void {
    if (!this.#world.synchronous || this.#previous?.event === "reset") return;
    const at = this.#positionAfter(Number(data.split(" at ")[1]));
    const served = this.#position ?? this.#begunPosition;
    expect(this.#resetSince || served <= at, `own ${data}: comes after ${served}`);
    const lacks = this.#lacks(at);
    expect(lacks.length === 0, `own ${data}: comes before ${lacks[0]?.data.slice(0, 10)}`);
  }

  #verifyEnd(): void {
    this.#over = true;
    if (this.endedAt === undefined) return expect(this.#world.ended, "an end that nobody asked for");
    if (!this.#world.synchronous) return;
    const lacks = this.#lacks(this.#positionAfter(this.endedAt));
    expect(lacks.length === 0, `the end comes before ${lacks[0]?.data.slice(0, 10)}`);
  }

  // --- the log

  get #isKnown(): boolean {
    return this.#lastEventId !== undefined && epochOf(this.#lastEventId) === this.epoch.name;
  }

  get #resetSince(): boolean {
    return this.#connection.blocks.slice(0, this.#verified).some((block) => block.event === "reset");
  }

  get #begunPosition(): number {
    return this.#positionAfter(this.#begunAt);
  }

  get #last(): number {
    return this.epoch.calls.length;
  }

  /** Where the log was after so many calls. Those that failed are no longer among the calls. */
  #positionAfter(calls: number): number {
    return Math.min(calls, this.epoch.calls.length);
  }

  #callAt(position: number): Call | undefined {
    return this.epoch.calls[position - 1];
  }

  #wants(call: Call): boolean {
    if (call.end) return true;
    const { topics, filter } = this.#wishes;
    if (topics !== undefined && (call.topic === undefined || !topics.includes(call.topic))) return false;
    return filter === undefined || Number.parseInt(call.data, 10) % filter === 0;
  }

  /** What the client wants and has not been served, up to a position. */
  #lacks(position: number): Call[] {
    const served = this.#position ?? this.#begunPosition;
    return this.epoch.calls.slice(served, position).filter((call) => this.#wants(call));
  }

  #expectNothingBefore(position: number): void {
    if (this.#position !== undefined) expect(position > this.#position, `${position} after ${this.#position}`);
    const lacks = this.#lacks(position - 1);
    expect(lacks.length === 0, `${lacks[0]?.data.slice(0, 10)} is missing before ${position}`);
  }
}

function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}
