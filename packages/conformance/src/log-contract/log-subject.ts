import type { Draft, Entry, EventLog, History, Read, Tail } from "@ssekit/core";
import { onTestFinished } from "vitest";
import { until, within } from "../support/within.js";

/** A log under test. */
export interface LogSubject {
  /** Makes a log that is empty. The contract closes it. */
  create(history?: History): EventLog | Promise<EventLog>;
  /** The same record, as another node has it. Absent: it is of one process. */
  another?(log: EventLog): EventLog | Promise<EventLog>;
  /** The log answers with values, not with promises. */
  synchronous?: boolean;
}

/** A log, and what its tests ask of it, each within its time. */
export class LogProbe {
  readonly log: EventLog;

  constructor(log: EventLog) {
    this.log = log;
    onTestFinished(() => within("close()", log.close()));
  }

  append(draft: Draft | string): Promise<string> {
    return within(
      "append()",
      promised(() => this.log.append(typeof draft === "string" ? { data: draft } : draft)),
    );
  }

  /** Appends one after another. */
  async appendAll(...drafts: (Draft | string)[]): Promise<string[]> {
    const ids: string[] = [];
    for (const draft of drafts) ids.push(await this.append(draft));
    return ids;
  }

  read(after: string, max = { events: 1_000, bytes: 1 << 20 }): Promise<Read> {
    return within(
      "read()",
      promised(() => this.log.read(after, max)),
    );
  }

  /** The entries after an id, which must be readable. */
  async entries(after: string, max?: { events: number; bytes: number }): Promise<readonly Entry[]> {
    return expectEntries(await this.read(after, max)).entries;
  }

  async dataAfter(after: string): Promise<string[]> {
    return (await this.entries(after)).map((entry) => entry.data);
  }

  async follow(): Promise<Follower> {
    const follower = new Follower();
    follower.tail = await within(
      "tail()",
      promised(() => this.log.tail((entries) => follower.hear(entries))),
    );
    return follower;
  }

  /** Waits until reads may return the entry with this id. */
  async untilReadable(id: string): Promise<void> {
    for (;;) {
      const read = expectEntries(await this.read("start"));
      if (read.entries.at(-1)?.id === id) return;
    }
  }
}

/** A listener of a tail. */
export class Follower {
  tail!: Tail;
  readonly told: Entry[] = [];
  /** How often it was told of none. */
  calls = 0;

  hear(entries: readonly Entry[]): void {
    this.calls++;
    this.told.push(...entries);
  }

  get data(): string[] {
    return this.told.map((entry) => entry.data);
  }

  untilTold(id: string): Promise<void> {
    return until(`the listener to be told of ${id}`, () => this.told.some((entry) => entry.id === id));
  }
}

export async function probe(subject: LogSubject, history?: History): Promise<LogProbe> {
  return new LogProbe(await subject.create(history));
}

/** Also of what throws. */
export async function promised<T>(call: () => T | Promise<T>): Promise<T> {
  return await call();
}

export function expectEntries(read: Read): Extract<Read, { entries: unknown }> {
  if ("reset" in read) throw new Error(`expected entries, got the reset ${read.reset} to ${read.cursor}`);
  return read;
}

export function expectReset(read: Read): Extract<Read, { reset: unknown }> {
  if ("reset" in read) return read;
  throw new Error(`expected a reset, got ${read.entries.length} entries up to ${read.cursor}`);
}

/** An id of the same log, so many events later. */
export function later(id: string, by = 1_000): string {
  return id.replace(/\d+$/, (digits) => String(BigInt(digits) + BigInt(by)));
}

export function numbers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, n) => String(from + n));
}
