import {
  SseError,
  type AppendOptions,
  type Draft,
  type EventLog,
  type History,
  type News,
  type Peek,
  type Read,
  type ReadFrom,
  type ReadLimit,
  type Tail,
} from "@ssekit/core";
import { RemoteRecord } from "./log-contract/remote-record.js";
import { seeded } from "./seeded.js";

export type LogOperation = "append" | "read" | "tail" | "peek";

export interface LatentLogOptions {
  history?: History;
  /** The record itself, for the log of another node. */
  record?: RemoteRecord;
  /** Of the latencies, and of what becomes of appends while the log is down. Default 1. */
  seed?: number;
  /** Milliseconds that an answer takes. Default 5 to 50. */
  latency?: readonly [min: number, max: number];
  /** Milliseconds until the listeners hear of an entry. Default: half of `latency`, as answers come back. */
  hearing?: readonly [min: number, max: number];
}

type Listener = (news: News) => void;

/** What a request comes back with: called when the answer has arrived. */
type Answer = () => void;

/**
 * A log that is elsewhere, as far as a node can tell: every answer takes its time, those to `append` come in any
 * order, the listeners hear of an entry before or after its append is acknowledged, and what was read is old when it
 * arrives. It can be cut off, go down, and be replaced by an empty log.
 */
export class LatentLog implements EventLog {
  /** An error for an operation that is to fail. An append that fails has stored nothing. */
  fault: (operation: LogOperation) => Error | undefined = () => undefined;
  /** Whether an append that is sent while the log is down is stored all the same. Default: as the seed has it. */
  isStoredWhenDown: () => boolean;
  readonly record: RemoteRecord;
  readonly #random: () => number;
  readonly #latency: readonly [min: number, max: number];
  readonly #hearing: readonly [min: number, max: number];
  readonly #listeners = new Set<{ readonly listener: Listener }>();
  // What is under way, and what becomes of it if the log is closed first.
  readonly #pending = new Map<NodeJS.Timeout, () => void>();
  // Appends on their way to the record, in the order of the calls.
  #sent: { arrive(): void; refuse(): void }[] = [];
  // News on their way to the listeners, in order, and the last place that they were told of.
  #news: News[] = [];
  #told: string;
  #leaveRecord: (() => void) | undefined;
  #down = false;
  // How often it went down: answers that were on their way then are lost.
  #outages = 0;
  #closed = false;

  constructor({
    history,
    record = new RemoteRecord(history),
    seed = 1,
    latency = [5, 50],
    hearing = [latency[0] / 2, latency[1] / 2],
  }: LatentLogOptions = {}) {
    this.record = record;
    this.#random = seeded(seed);
    this.#latency = latency;
    this.#hearing = hearing;
    this.#told = record.log.peek().cursor;
    this.isStoredWhenDown = () => this.#random() < 0.5;
    this.#joinRecord();
  }

  get status(): EventLog["status"] {
    return this.#closed ? "closed" : this.#down ? "down" : "ready";
  }

  append(drafts: readonly Draft[], options?: AppendOptions): Promise<readonly string[]> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#sent.push({
        arrive: () => {
          const append = (): Answer => {
            const ids = this.record.log.append(drafts, options);
            return () => resolve(ids);
          };
          if (this.#down && this.isStoredWhenDown()) attempt(append, () => {});
          this.#answer("append", append, reject, true);
        },
        refuse: () => reject(closedError()),
      });
      if (this.#sent.length > 1) return; // it goes with those before it
      this.#later(
        this.#half(),
        () => this.#sent.splice(0).forEach(({ arrive }) => arrive()),
        () => this.#sent.splice(0).forEach(({ refuse }) => refuse()),
      );
    });
  }

  read(from: ReadFrom, max: ReadLimit): Promise<Read> {
    return this.#ask("read", (resolve) => {
      const read = this.#readTold(from, max);
      return () => resolve(read);
    });
  }

  peek(): Promise<Peek> {
    return this.#ask("peek", (resolve) => {
      const peek = this.record.log.peek();
      return () => resolve(peek);
    });
  }

  tail(listener: Listener): Promise<Tail> {
    return this.#ask("tail", (resolve) => () => {
      const added = { listener };
      this.#listeners.add(added);
      queueMicrotask(() => this.#tell()); // as early as it may be: the promise has just been resolved
      const { end } = this.record.log.peek();
      resolve({
        cursor: this.#told,
        end: end?.id === this.#told ? end : undefined,
        stop: () => void this.#listeners.delete(added),
      });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cutOff();
    this.#listeners.clear();
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const [timer, settle] of pending) {
      clearTimeout(timer);
      settle();
    }
  }

  // --- what can happen to it

  /** Cuts the tails off, and nothing else: what is on its way to them is lost. Returns what connects them again. */
  cutTails(): () => void {
    this.#cutOff();
    return () => this.#rejoin();
  }

  /** Makes it unreachable: answers that are on their way are lost too. */
  goDown(error: Error = new Error("The connection is lost")): void {
    if (this.#closed || this.#down) return;
    this.#down = true;
    this.#outages++;
    this.#cutOff();
    this.#tellOf({ status: "down", error });
  }

  goUp(): void {
    if (this.#closed || !this.#down) return;
    this.#down = false;
    this.#tellOf({ status: "ready" });
    this.#rejoin();
  }

  // --- on the way

  #ask<T>(operation: LogOperation, atRecord: (resolve: (value: T) => void) => Answer): Promise<T> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const arrive = (): void => this.#answer(operation, () => atRecord(resolve), reject, false);
      this.#later(this.#half(), arrive, () => reject(closedError()));
    });
  }

  /**
   * Does what is asked at the record, and sends the answer back.
   *
   * @param settle whether an answer that is on its way is given when the log is closed: a program may rely on it.
   */
  #answer(
    operation: LogOperation,
    atRecord: () => Answer,
    reject: (error: unknown) => void,
    settle: boolean,
  ): void {
    const outages = this.#outages;
    const answer = this.#down
      ? () => reject(unavailableError())
      : attempt(() => {
          const error = this.fault(operation);
          if (error !== undefined) throw error;
          return atRecord();
        }, reject);
    this.#later(
      this.#half(),
      () => (outages === this.#outages ? answer() : reject(unavailableError())),
      settle ? answer : () => reject(closedError()),
    );
  }

  #half(): readonly [min: number, max: number] {
    return [this.#latency[0] / 2, this.#latency[1] / 2];
  }

  #later([min, max]: readonly [min: number, max: number], run: () => void, closed: () => void): void {
    const timer = setTimeout(
      () => {
        this.#pending.delete(timer);
        run();
      },
      min + this.#random() * (max - min),
    );
    this.#pending.set(timer, closed);
  }

  // --- what this node knows

  /** Sends the listeners what they have missed, and from now on all that comes. */
  #joinRecord(): void {
    let place = this.#told;
    const sent = this.#news.findLast((news) => !("status" in news));
    if (sent !== undefined) place = placeAfter(sent);
    for (let atTail = false; !atTail;) {
      const read = this.record.log.read({ after: place }, { events: 100, bytes: Infinity });
      place = read.cursor;
      if ("reset" in read) this.#send(read);
      else if (read.entries.length > 0) this.#send({ entries: read.entries });
      atTail = "atTail" in read && read.atTail;
    }
    const tail = this.record.log.tail((news) => this.#send(news));
    const ignore = this.record.onReplaced(() => {
      this.#leaveRecord?.();
      this.#joinRecord();
    });
    this.#leaveRecord = () => {
      tail.stop();
      ignore();
      this.#leaveRecord = undefined;
    };
  }

  #cutOff(): void {
    this.#leaveRecord?.();
    this.#news = [];
  }

  #rejoin(): void {
    const join = (): void => {
      if (!this.#down && this.#leaveRecord === undefined) this.#joinRecord();
    };
    if (!this.#closed) this.#later(this.#half(), join, () => {});
  }

  #send(news: News): void {
    this.#news.push(news);
    if (this.#news.length > 1) return; // it goes with those before it
    this.#later(
      this.#hearing,
      () => this.#tell(),
      () => {},
    );
  }

  #tell(): void {
    for (let next = this.#news.shift(); next !== undefined; next = this.#news.shift()) {
      this.#tellOf(next);
      this.#told = placeAfter(next) ?? this.#told;
    }
  }

  #tellOf(news: News): void {
    for (const { listener } of this.#listeners) {
      try {
        listener(news);
      } catch (error) {
        console.error(error);
      }
    }
  }

  #readTold(from: ReadFrom, max: ReadLimit): Read {
    const read = this.record.log.read(from, max);
    if ("reset" in read) return read;
    const entries = read.entries.filter(({ id }) => this.#isTold(id));
    if (entries.length < read.entries.length || !this.#isTold(read.cursor)) {
      const cursor = entries.at(-1)?.id ?? placeBefore(read.entries[0]?.id) ?? read.cursor;
      return { entries, cursor, atTail: true };
    }
    return { ...read, atTail: read.cursor === this.#told };
  }

  #isTold(id: string): boolean {
    const [epoch, position] = parts(id);
    const [toldEpoch, told] = parts(this.#told);
    return epoch === toldEpoch && position <= told;
  }
}

function attempt(call: () => Answer, reject: (error: unknown) => void): Answer {
  try {
    return call();
  } catch (error) {
    return () => reject(error);
  }
}

/** The ids of the record are those of a `MemoryLog`. */
function parts(id: string): [epoch: string, position: number] {
  const at = id.lastIndexOf("-");
  return [id.slice(0, at), Number(id.slice(at + 1))];
}

function placeBefore(id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  const [epoch, position] = parts(id);
  return `${epoch}-${position - 1}`;
}

function placeAfter(news: News): string | undefined {
  if ("reset" in news) return news.cursor;
  return "entries" in news ? news.entries.at(-1)!.id : undefined;
}

function closedError(): SseError {
  return new SseError("ERR_SSE_CHANNEL_CLOSED", "The log is closed");
}

function unavailableError(): SseError {
  return new SseError("ERR_SSE_LOG_UNAVAILABLE", "The log cannot be reached: nobody knows what was stored");
}
