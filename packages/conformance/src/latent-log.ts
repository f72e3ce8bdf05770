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
import { Latency, type Range } from "./log-contract/latency.js";
import { LatentTails } from "./log-contract/latent-tails.js";
import { RemoteRecord } from "./log-contract/remote-record.js";

export type LogOperation = "append" | "read" | "tail" | "peek";

export interface LatentLogOptions {
  history?: History;
  /** The record of an existing log, to open the same log as another node. */
  record?: RemoteRecord;
  /**
   * The seed of all random choices: the latencies, and whether an append is stored while the log is down. @default 1
   */
  seed?: number;
  /** Milliseconds from a call to its answer. @default [5, 50] */
  latency?: Range;
  /** Milliseconds until the listeners are told an entry. Default: half of `latency`, like an answer. */
  hearing?: Range;
}

/** Settles the promise of a call. Is called when the answer arrives at the node. */
type Answer = () => void;

/**
 * A log in this process that behaves like a log on another machine. Every answer is delayed, and the answers to
 * `append` arrive in any order. The listeners are told an entry before or after its append is acknowledged. The result
 * of a read may be out of date when it arrives. The tails can be cut off, the log can go down, and `record.replace()`
 * replaces it by an empty one.
 */
export class LatentLog implements EventLog {
  /** Returns an error to make an operation fail. An append that fails in this way stores nothing. */
  fault: (operation: LogOperation) => Error | undefined = () => undefined;
  /** Whether an append that arrives while the log is down is stored nevertheless. Default: random, from the seed. */
  isStoredWhenDown: () => boolean;
  readonly record: RemoteRecord;
  readonly #latency: Latency;
  readonly #oneWay: Range;
  readonly #tails: LatentTails;
  // Appends on their way to the record, in the order of the calls.
  #sent: { arrive(): void; refuse(): void }[] = [];
  #down = false;
  // How often the log went down. Answers that were on their way at that time are lost.
  #outages = 0;
  #closed = false;

  constructor({
    history,
    record = new RemoteRecord(history),
    seed = 1,
    latency: [min, max] = [5, 50],
    hearing,
  }: LatentLogOptions = {}) {
    this.record = record;
    this.#latency = new Latency(seed);
    this.#oneWay = [min / 2, max / 2];
    this.#tails = new LatentTails(record, this.#latency, hearing ?? this.#oneWay);
    this.isStoredWhenDown = () => this.#latency.random() < 0.5;
  }

  get status(): EventLog["status"] {
    return this.#closed ? "closed" : this.#down ? "down" : "ready";
  }

  append(drafts: readonly Draft[], options?: AppendOptions): Promise<readonly string[]> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const atRecord = (): Answer => {
        const ids = this.record.log.append(drafts, options);
        return () => resolve(ids);
      };
      this.#sent.push({
        arrive: () => {
          if (this.#down && this.isStoredWhenDown()) attempt(atRecord, () => {});
          // The entries are stored, so the append must resolve even if the log is closed meanwhile.
          this.#answer("append", atRecord, reject, (answer) => answer());
        },
        refuse: () => reject(closedError()),
      });
      if (this.#sent.length > 1) return; // the timer of the appends before it sends this one, too
      this.#latency.later(
        this.#oneWay,
        () => this.#sent.splice(0).forEach(({ arrive }) => arrive()),
        () => this.#sent.splice(0).forEach(({ refuse }) => refuse()),
      );
    });
  }

  read(from: ReadFrom, max: ReadLimit): Promise<Read> {
    return this.#ask<Read>("read", (resolve) => {
      const read = this.#tails.read(from, max);
      return () => resolve(read);
    });
  }

  peek(): Promise<Peek> {
    return this.#ask<Peek>("peek", (resolve) => {
      const peek = this.record.log.peek();
      return () => resolve(peek);
    });
  }

  tail(listener: (news: News) => void): Promise<Tail> {
    return this.#ask<Tail>("tail", (resolve) => () => resolve(this.#tails.add(listener)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#tails.close();
    this.#latency.close();
  }

  /** Cuts off only the tails: news on their way are lost. Returns a function that connects the tails again. */
  cutTails(): () => void {
    this.#tails.cutOff();
    return () => this.#rejoin();
  }

  /** Makes the log unreachable: answers on their way back are lost. */
  goDown(error: unknown = new Error("The connection is lost")): void {
    if (this.#closed || this.#down) return;
    this.#down = true;
    this.#outages++;
    this.#tails.cutOff();
    this.#tails.tell({ status: "down", error });
  }

  goUp(): void {
    if (this.#closed || !this.#down) return;
    this.#down = false;
    this.#tails.tell({ status: "ready" });
    this.#rejoin();
  }

  #rejoin(): void {
    if (this.#closed) return;
    this.#latency.later(this.#oneWay, () => {
      if (!this.#down) this.#tails.join();
    });
  }

  #ask<T>(operation: LogOperation, atRecord: (resolve: (value: T) => void) => Answer): Promise<T> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const refuse = (): void => reject(closedError());
      const arrive = (): void => this.#answer(operation, () => atRecord(resolve), reject, refuse);
      this.#latency.later(this.#oneWay, arrive, refuse);
    });
  }

  /** Executes a call at the record, and sends the answer back. */
  #answer(
    operation: LogOperation,
    atRecord: () => Answer,
    reject: (error: unknown) => void,
    closed: (answer: Answer) => void,
  ): void {
    const outages = this.#outages;
    const answer = attempt(() => {
      if (this.#down) throw unavailableError();
      const error = this.fault(operation);
      if (error !== undefined) throw error;
      return atRecord();
    }, reject);
    const isLost = (): boolean => outages !== this.#outages;
    this.#latency.later(
      this.#oneWay,
      () => (isLost() ? reject(unavailableError()) : answer()),
      () => (isLost() ? reject(unavailableError()) : closed(answer)),
    );
  }
}

function attempt(call: () => Answer, reject: (error: unknown) => void): Answer {
  try {
    return call();
  } catch (error) {
    return () => reject(error);
  }
}

function closedError(): SseError {
  return new SseError("ERR_SSE_CHANNEL_CLOSED", "The log is closed");
}

function unavailableError(): SseError {
  return new SseError(
    "ERR_SSE_LOG_UNAVAILABLE",
    "The log cannot be reached: it is unknown whether anything was stored",
  );
}
