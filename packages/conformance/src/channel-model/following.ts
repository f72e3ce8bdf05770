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
  // Up to where the client has been served; `undefined`: nothing has come yet that tells.
  #position: number | undefined;
  /** The client came with an id of another log. */
  #expectsReset: boolean;
  /** There was a hole: an event of the program's own may have lost its place. */
  #hadReset = false;
  #verified = 0;
  #previous: Block | undefined;
  /** The place of the newest snapshot. */
  #snapshotAt = -1;
  #over = false;

  constructor(world: World, wishes: Wishes, connection: Connection, lastEventId: string | undefined) {
    this.#world = world;
    this.#wishes = wishes;
    this.#connection = connection;
    this.#lastEventId = lastEventId;
    this.epoch = world.epoch;
    this.#begunAt = this.epoch.calls.length;
    this.#expectsReset = lastEventId !== undefined && epochOf(lastEventId) !== this.epoch.name;
    if (this.#expectsReset) this.#position = 0;
    else if (lastEventId !== undefined) this.#position = positionOf(lastEventId);
  }

  /** Nothing more is to come on this connection. */
  get complete(): boolean {
    this.verify();
    const { over, cut } = this.#connection;
    if (cut || this.leftAt !== undefined) return true;
    if (this.endedAt !== undefined || this.#world.ended) return over;
    return !over && !this.#expectsReset && this.#lacks(this.epoch.stored.length).length === 0;
  }

  report(): string {
    const { over, cut, blocks } = this.#connection;
    const lacks = this.#lacks(this.epoch.stored.length).map((call) => call.data.slice(0, 10));
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
        throw new Error(`${(error as Error).message}; at block ${this.#verified} of ${this.report()}`, {
          cause: error,
        });
      }
      if (block.event !== "own") this.#previous = block;
    }
    const { over, excused, cut } = this.#connection;
    const mayBeOver = excused || cut || this.#over || this.#world.faults > 0;
    if (over && !mayBeOver) throw new Error(`closed by the server: ${this.report()}`);
  }

  #verifyBlock(block: Block): void {
    const { event, data, id } = block;
    expect(!this.#over, "something after the end");
    if (event === "own") return this.#verifyOwn(data);
    expect(id !== undefined, "no id");
    if (event === "end" && data === "") return this.#verifyEnd(id);
    if (event === "reset") return this.#verifyReset(block);
    expect(!this.#expectsReset, "an id of another log, and no reset");
    const { leftAt } = this;
    expect(
      leftAt === undefined || positionOf(id) <= this.epoch.positionAfter(leftAt),
      "an event after it had left",
    );
    if (event === "snapshot") return this.#verifySnapshot(block);
    if (this.#wishes.snapshot) {
      const { from } = this.#wishes;
      const first = this.#position === undefined && from !== "start" && from !== "oldest";
      expect(!first && this.#previous?.event !== "reset", "no snapshot");
    }
    const position = positionOf(id);
    if (event === "heartbeat") {
      this.#expectNothingBefore(position + 1);
    } else {
      const call = this.epoch.stored[position - 1];
      expect(
        call !== undefined && call.data === data,
        `${data.slice(0, 20)} is not what was published there`,
      );
      expect(this.#wants(call), "an event that it does not want");
      // A snapshot or a reset may be at the place of the end.
      this.#expectNothingBefore(call.end ? Math.max(position, (this.#position ?? 0) + 1) : position);
      if (call.end) expect(event === "done" && id.endsWith("~end"), "a last event that does not say so");
      if (call.end) this.#over = true;
    }
    this.#position = position;
  }

  #verifyReset({ data, id }: Block): void {
    const { reason } = JSON.parse(data) as { reason: string };
    expect(this.#previous?.event !== "reset", "two resets, and no event between");
    if (this.#expectsReset) {
      expect(reason === "new-log", `new-log as the reason, not ${reason}`);
      this.#expectsReset = false;
    } else {
      expect(reason === "evicted", `evicted as the reason, not ${reason}`);
      const evicted = this.epoch.stored.length - this.#world.setup.kept;
      const least = this.#position ?? (this.#wishes.from === "oldest" ? 0 : this.#served);
      expect(least < evicted, "a reset, but nothing was evicted");
      expect(this.#position === undefined || positionOf(id!) > this.#position, "a reset back");
    }
    this.#hadReset = true;
    this.#position = positionOf(id!);
  }

  #verifySnapshot({ data, id }: Block): void {
    expect(this.#wishes.snapshot, "a snapshot that nobody asked for");
    const position = positionOf(id!);
    const afterReset = this.#previous?.event === "reset";
    expect(afterReset || this.#previous === undefined, "a snapshot in between");
    if (afterReset) expect(id === this.#previous!.id, "a snapshot at another place than its reset");
    const state = this.epoch.positionAfter(Number(data.slice("state ".length)));
    if (this.#world.synchronous) expect(position === state, `the state ${state} at ${position}`);
    else expect(position <= state, `the state ${state}, after which ${position} is not sent`);
    this.#position = this.#snapshotAt = position;
  }

  /** The events of the program keep their place among those of a log that answers at once. */
  #verifyOwn(data: string): void {
    if (!this.#world.synchronous || this.#hadReset) return;
    const at = this.epoch.positionAfter(Number(data.split(" at ")[1]));
    const served = this.#position ?? (this.#wishes.from === "oldest" ? 0 : this.#served);
    // A state that was made later comes before what was sent when its turn had not come yet.
    expect(served <= at || this.#snapshotAt > at, `own ${data}: comes after ${served}`);
    // A stream that closes or leaves lets go of what it kept for later.
    if (this.#connection.excused || this.leftAt !== undefined || this.#world.faults > 0) return;
    const lacks = this.#lacks(at);
    expect(lacks.length === 0, `own ${data}: comes before ${lacks[0]?.data.slice(0, 10)}`);
  }

  /** The end of the stream, not of the channel. */
  #verifyEnd(id: string): void {
    this.#over = true;
    expect(this.endedAt !== undefined, "an end that nobody asked for");
    // What it does not want does not count.
    if (this.leftAt === undefined) this.#expectNothingBefore(positionOf(id) + 1);
    const lacks = this.#world.synchronous ? this.#lacks(this.epoch.positionAfter(this.endedAt)) : [];
    expect(
      this.leftAt !== undefined || lacks.length === 0,
      `the end comes before ${lacks[0]?.data.slice(0, 10)}`,
    );
  }

  // --- the log

  /** What the client has been served; before the first event, what it need not be served. */
  get #served(): number {
    if (this.#position !== undefined) return this.#position;
    const begun = this.epoch.positionAfter(this.#begunAt);
    if (this.#wishes.from === "start") return 0;
    if (this.#wishes.from !== "oldest") return begun;
    return Math.max(0, this.epoch.stored.length - this.#world.setup.kept); // when it was read
  }

  #wants(call: Call): boolean {
    if (call.end) return true;
    const { topics, filter } = this.#wishes;
    if (topics !== undefined && (call.topic === undefined || !topics.includes(call.topic))) return false;
    return filter === undefined || Number.parseInt(call.data, 10) % filter === 0;
  }

  /** What the client wants and has not been served, up to a position. */
  #lacks(position: number): Call[] {
    const served = this.#served;
    return this.epoch.stored.slice(served, position).filter((call) => this.#wants(call));
  }

  #expectNothingBefore(position: number): void {
    if (this.#position !== undefined)
      expect(position > this.#position, `${position} after ${this.#position}`);
    const lacks = this.#lacks(position - 1);
    expect(lacks.length === 0, `${lacks[0]?.data.slice(0, 10)} is missing before ${position}`);
  }
}

function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}
