import {
  MemoryLog,
  SseError,
  type Draft,
  type Entry,
  type EventLog,
  type History,
  type Read,
  type ReadLimit,
  type Tail,
} from "@ssekit/core";
import { seeded } from "./support/seeded.js";

export type LogOperation = "append" | "read" | "tail";

export interface LatentLogOptions {
  history?: History;
  /** The record itself, for the log of another node. */
  record?: MemoryLog;
  /** Of the latencies. Default 1. */
  seed?: number;
  /** Milliseconds that an answer takes. Default 5 to 50. */
  latency?: readonly [min: number, max: number];
}

type Listener = (entries: readonly Entry[]) => void;

/**
 * A log that is elsewhere, as far as a node can tell: every answer takes its time, those to `append` come in any
 * order, the listeners hear of an entry before or after its append is acknowledged, and what was read is old when it
 * arrives.
 */
export class LatentLog implements EventLog {
  /** An error for an operation that is to fail. An append that fails has stored nothing. */
  fault: (operation: LogOperation) => Error | undefined = () => undefined;
  readonly record: MemoryLog;
  readonly #random: () => number;
  readonly #latency: readonly [min: number, max: number];
  readonly #leaveRecord: () => void;
  readonly #listeners = new Set<Listener>();
  // What is under way, and what becomes of it if the log is closed first.
  readonly #pending = new Map<NodeJS.Timeout, () => void>();
  // Appends on their way to the record, in the order of the calls.
  #sent: { arrive(): void; refuse(): void }[] = [];
  // Entries on their way to the listeners, and the last that they were told of.
  #heard: Entry[] = [];
  #told: string;
  #closed = false;

  constructor({
    history,
    record = new MemoryLog(history),
    seed = 1,
    latency = [5, 50],
  }: LatentLogOptions = {}) {
    this.record = record;
    this.#random = seeded(seed);
    this.#latency = latency;
    const tail = this.record.tail((entries) => this.#hear(entries));
    this.#told = tail.cursor;
    this.#leaveRecord = () => tail.stop();
  }

  get status(): "ready" | "closed" {
    return this.#closed ? "closed" : "ready";
  }

  append(draft: Draft): Promise<string> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#sent.push({
        arrive: () => {
          const append = (): string => this.record.append(draft);
          const answer = this.#attempt("append", () => valueOf(append()), resolve, reject);
          this.#later(answer, answer);
        },
        refuse: () => reject(closedError()),
      });
      if (this.#sent.length > 1) return; // it goes with those before it
      this.#later(
        () => this.#sent.splice(0).forEach(({ arrive }) => arrive()),
        () => this.#sent.splice(0).forEach(({ refuse }) => refuse()),
      );
    });
  }

  read(after: string | "start", max: ReadLimit): Promise<Read> {
    return this.#ask("read", () => valueOf(this.#readTold(after, max)));
  }

  tail(listener: Listener): Promise<Tail> {
    return this.#ask("tail", () => () => {
      this.#listeners.add(listener);
      queueMicrotask(() => this.#tell());
      const { end, stop } = this.record.tail(() => {});
      stop();
      return {
        cursor: this.#told,
        end: end?.id === this.#told ? end : undefined,
        stop: () => void this.#listeners.delete(listener),
      };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#leaveRecord();
    this.#listeners.clear();
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const [timer, settle] of pending) {
      clearTimeout(timer);
      settle();
    }
  }

  // --- on the way

  #ask<T>(operation: LogOperation, atRecord: () => () => T): Promise<T> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const refuse = (): void => reject(closedError());
      this.#later(() => this.#later(this.#attempt(operation, atRecord, resolve, reject), refuse), refuse);
    });
  }

  /** Does what is asked at the record. What it returns is called when the answer has come back. */
  #attempt<T>(
    operation: LogOperation,
    atRecord: () => () => T,
    resolve: (answer: T) => void,
    reject: (error: unknown) => void,
  ): () => void {
    try {
      const error = this.fault(operation);
      if (error !== undefined) throw error;
      const answer = atRecord();
      return () => resolve(answer());
    } catch (error) {
      return () => reject(error);
    }
  }

  /** Half of an answer's time. */
  #later(run: () => void, closed: () => void): void {
    const [min, max] = this.#latency;
    const timer = setTimeout(
      () => {
        this.#pending.delete(timer);
        run();
      },
      (min + this.#random() * (max - min)) / 2,
    );
    this.#pending.set(timer, closed);
  }

  // --- what this node knows

  #hear(entries: readonly Entry[]): void {
    this.#heard.push(...entries);
    if (this.#heard.length === entries.length) {
      this.#later(
        () => this.#tell(),
        () => {},
      );
    }
  }

  #tell(): void {
    const entries = this.#heard.splice(0);
    if (entries.length === 0) return;
    this.#told = entries.at(-1)!.id;
    for (const listener of this.#listeners) listener(entries);
  }

  #readTold(after: string | "start", max: ReadLimit): Read {
    const read = this.record.read(after, max);
    if ("reset" in read) return read;
    const told = positionOf(this.#told);
    const entries = read.entries.filter((entry) => positionOf(entry.id) <= told);
    if (entries.length === read.entries.length) {
      return { ...read, atTail: positionOf(read.cursor) >= told };
    }
    const before = this.record.read(after, { events: 0, bytes: 0 }) as { cursor: string };
    return { entries, cursor: entries.at(-1)?.id ?? before.cursor, atTail: true };
  }
}

function valueOf<T>(value: T): () => T {
  return () => value;
}

function positionOf(id: string): number {
  return Number(id.slice(id.lastIndexOf("-") + 1));
}

function closedError(): SseError {
  return new SseError("ERR_SSE_CHANNEL_CLOSED", "The log is closed");
}
