import type { Block, Connection } from "./connection.js";
import { epochOf, positionOf, type Epoch, type Stored } from "./epoch.js";
import type { Moment, Reference } from "./reference.js";
import { wants, type Wishes } from "./wishes.js";

interface Place {
  readonly epoch: Epoch;
  readonly position: number;
}

/** Checks the events that arrive on one connection against the content of the log. */
export class Following {
  /** When the stream was unsubscribed. */
  leftAt: Moment | undefined;
  /** When the program called `end()` of the stream. */
  endedAt: Moment | undefined;
  readonly #reference: Reference;
  readonly #wishes: Wishes;
  readonly #connection: Connection;
  readonly #lastEventId: string | undefined;
  readonly #begunAt: Moment;
  // The position up to which the client has received the log. `undefined` until an event shows it.
  #place: Place | undefined;
  #hadReset = false;
  #resetsInARow = 0;
  #verified = 0;
  #previous: Block | undefined;
  #snapshotPosition = -1;
  #over = false;

  constructor(reference: Reference, wishes: Wishes, connection: Connection, lastEventId: string | undefined) {
    this.#reference = reference;
    this.#wishes = wishes;
    this.#connection = connection;
    this.#lastEventId = lastEventId;
    this.#begunAt = reference.moment(reference.mark());
    if (lastEventId !== undefined) this.#place = this.#placeOf(lastEventId);
  }

  /** Whether this connection has received everything that it must receive. */
  get complete(): boolean {
    this.verify();
    const { over, cut } = this.#connection;
    const { epoch } = this.#reference;
    if (cut || this.leftAt !== undefined) return true;
    if (this.endedAt !== undefined || epoch.ended) return over;
    if (over || (this.#place !== undefined && this.#place.epoch !== epoch)) return false;
    return this.#lacks(epoch, epoch.stored.length).length === 0;
  }

  report(): string {
    const { over, cut, blocks } = this.#connection;
    const { epoch } = this.#reference;
    const lacks = this.#lacks(epoch, epoch.stored.length).map(({ data }) => data.slice(0, 10));
    const seen = blocks.map(({ event, data, id }) => `${event} ${data.slice(0, 12)} ${id?.slice(-6)}`);
    const place = this.#place && `${this.#place.epoch.name}-${this.#place.position}`;
    const ended = this.endedAt !== undefined;
    const told = { over, cut, ended, place, lacks, seen, from: this.#lastEventId };
    return JSON.stringify({ wishes: this.#wishes, log: epoch.name, channelEnded: epoch.ended, ...told });
  }

  /** Checks the events that have arrived since the last call. */
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
    const { faults, outages } = this.#reference;
    const mayBeOver = excused || cut || this.#over || faults > 0 || outages > 0;
    if (over && !mayBeOver) throw new Error(`closed by the server: ${this.report()}`);
  }

  #verifyBlock(block: Block): void {
    const { event, data, id } = block;
    expect(!this.#over, "an event after the end");
    if (event === "own") return this.#verifyOwn(Number(data.split(" ")[1]));
    expect(id !== undefined, "no id");
    if (event === "end" && data === "") return this.#verifyEnd(id);
    const at = this.#placeOf(id);
    if (event === "reset") return this.#verifyReset(at, data);
    this.#resetsInARow = 0;
    expect(
      this.#place === undefined || this.#place.epoch === at.epoch,
      "an id of another log without a reset",
    );
    this.#expectNotLeft(at);
    if (event === "snapshot") return this.#verifySnapshot(at, id, data);
    if (this.#wishes.snapshot) {
      const { from } = this.#wishes;
      const first = this.#place === undefined && from !== "start" && from !== "oldest";
      expect(!first && this.#previous?.event !== "reset", "no snapshot");
    }
    const { epoch, position } = at;
    if (event === "heartbeat") {
      this.#expectNothingBefore(epoch, position + 1);
    } else {
      const entry = epoch.stored[position - 1];
      expect(
        entry !== undefined && entry.data === data,
        `${data.slice(0, 20)} is not what was published there`,
      );
      expect(wants(this.#wishes, entry), "an event that the client does not want");
      // A snapshot or a reset may have the position of the end entry, too.
      const next = (this.#place?.position ?? 0) + 1;
      this.#expectNothingBefore(epoch, entry.end ? Math.max(position, next) : position);
      if (entry.end) expect(event === "done" && id.endsWith("~end"), "a last event without ~end in its id");
      if (entry.end) this.#over = true;
    }
    this.#place = at;
  }

  #verifyReset(at: Place, data: string): void {
    const { synchronous, losses } = this.#reference;
    const { reason } = JSON.parse(data) as { reason: string };
    expect(this.#resetsInARow++ <= losses, "two resets without an event between them");
    const before = this.#place;
    const isOther = before !== undefined && before.epoch !== at.epoch;
    if (before === undefined || isOther) {
      // It may be unknown in which log a new client began. A hole may also precede the replacement of the log.
      const reasons = isOther && losses === 0 ? ["new-log"] : ["new-log", "evicted"];
      expect(reasons.includes(reason), `${reasons.join(" or ")} as the reason, not ${reason}`);
    } else {
      expect(reason === "evicted", `evicted as the reason, not ${reason}`);
      expect(at.position > before.position, "a reset to an earlier position");
    }
    if (reason === "evicted" && !isOther) {
      const isAtTail = synchronous && this.#wishes.from === undefined;
      const least = before?.position ?? (isAtTail ? this.#begunAt.stored : 0);
      expect(least < this.#evicted(at.epoch), "a reset, but nothing was evicted");
    }
    // With a snapshot, the reset has the position of the snapshot.
    const most = this.#wishes.snapshot ? at.epoch.stored.length : this.#evicted(at.epoch);
    expect(
      at.position <= most,
      `the reset continues at ${at.position}, but everything after ${most} is kept`,
    );
    this.#expectNotLeft(at);
    this.#hadReset = true;
    this.#place = at;
  }

  #verifySnapshot(at: Place, id: string, data: string): void {
    expect(this.#wishes.snapshot, "a snapshot that the client did not ask for");
    const afterReset = this.#previous?.event === "reset";
    expect(
      afterReset || this.#previous === undefined,
      "a snapshot that neither comes first nor follows a reset",
    );
    if (afterReset) expect(id === this.#previous!.id, "a snapshot with another id than its reset");
    const { epoch, stored } = this.#reference.moment(Number(data.slice("state ".length)));
    const { position } = at;
    if (this.#reference.synchronous) expect(position === stored, `the state ${stored} at ${position}`);
    else if (epoch === at.epoch) expect(position <= stored, `the state ${stored}, which lacks ${position}`);
    else expect(this.#indexOf(at.epoch) < this.#indexOf(epoch), "the state of an older log");
    this.#place = at;
    this.#snapshotPosition = position;
  }

  // A message of the program must come after every entry that was stored before it (synchronous log) or acknowledged
  // before it (asynchronous log). After a reset its place may be lost.
  #verifyOwn(number: number): void {
    const { synchronous } = this.#reference;
    const { epoch, stored, acknowledged } = this.#reference.moment(number);
    if (this.#hadReset || (this.#place ?? { epoch }).epoch !== epoch) return;
    if (synchronous) {
      const served = this.#place?.position ?? (this.#wishes.from === undefined ? this.#begunAt.stored : 0);
      // A newer snapshot may come before a message that was still waiting for its place.
      expect(served <= stored || this.#snapshotPosition > stored, `own ${number}: comes after ${served}`);
    }
    // A stream that closes or unsubscribes sends the waiting messages at once, or drops them.
    const { over, excused, blocks } = this.#connection;
    const hasFailed = over && !(blocks.at(-1)?.id?.endsWith("~end") ?? false);
    if (excused || hasFailed || this.leftAt !== undefined) return;
    const lacks = this.#lacks(epoch, synchronous ? stored : acknowledged);
    expect(lacks.length === 0, `own ${number}: comes before ${lacks[0]?.data.slice(0, 10)}`);
  }

  /** Checks the end of the stream, as opposed to the end of the channel. */
  #verifyEnd(id: string): void {
    this.#over = true;
    const ended = this.endedAt;
    expect(ended !== undefined, "an end without a call of end()");
    if (this.leftAt !== undefined) return; // after unsubscribing, the end has no place
    const { epoch, position } = this.#placeOf(id);
    // The position of the end may be that of an entry that the client does not want.
    this.#expectNothingBefore(epoch, position + 1);
    if (epoch !== ended.epoch) return;
    const lacks = this.#lacks(epoch, this.#reference.synchronous ? ended.stored : ended.acknowledged);
    expect(lacks.length === 0, `the end comes before ${lacks[0]?.data.slice(0, 10)}`);
  }

  // --- the log

  #placeOf(id: string): Place {
    const name = epochOf(id);
    const epoch = this.#reference.epochs.find((one) => one.name === name);
    expect(epoch !== undefined, `the id ${id} of an unknown log`);
    return { epoch, position: positionOf(id) };
  }

  #indexOf(epoch: Epoch): number {
    return this.#reference.epochs.indexOf(epoch);
  }

  /** Number of entries of a log that are no longer kept. */
  #evicted(epoch: Epoch): number {
    return Math.max(0, epoch.stored.length - this.#reference.kept);
  }

  /** The entries up to a position that the client wants and has not received. */
  #lacks(epoch: Epoch, position: number): Stored[] {
    const served = this.#place?.position ?? (this.#wishes.from === "oldest" ? this.#evicted(epoch) : 0);
    // A new client may get entries that were being published when it connected, but need not get them.
    const isNew =
      this.#place === undefined && this.#wishes.from !== "start" && this.#wishes.from !== "oldest";
    const firstCall = isNew ? this.#begunAt.calls : 0;
    return epoch.stored
      .slice(served, position)
      .filter((entry) => entry.call >= firstCall && wants(this.#wishes, entry));
  }

  #expectNothingBefore(epoch: Epoch, position: number): void {
    const before = this.#place;
    if (before !== undefined) {
      expect(before.epoch === epoch, "an id of another log");
      expect(position > before.position, `${position} after ${before.position}`);
    }
    const lacks = this.#lacks(epoch, position - 1);
    expect(lacks.length === 0, `${lacks[0]?.data.slice(0, 10)} is missing before ${position}`);
  }

  #expectNotLeft({ epoch, position }: Place): void {
    const left = this.leftAt;
    if (left === undefined) return;
    const isLater =
      epoch === left.epoch ? position > left.stored : this.#indexOf(epoch) > this.#indexOf(left.epoch);
    expect(!isLater, "an event that was stored after the stream was unsubscribed");
  }
}

function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}
