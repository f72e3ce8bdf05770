import type {
  AppendOptions,
  Draft,
  Entry,
  EventLog,
  History,
  News,
  Peek,
  Read,
  ReadFrom,
  Tail,
} from "@ssekit/core";
import { onTestFinished } from "vitest";
import { until, within } from "../support/within.js";

/** A log under test. The optional methods are for logs on another machine. Their tests run only if they exist. */
export interface LogSubject {
  /** Makes an empty log. The contract closes it. */
  create(history?: History): EventLog | Promise<EventLog>;
  /** Opens the same log as another node would. Absent for a log of one process. */
  another?(log: EventLog): EventLog | Promise<EventLog>;
  /** Whether the log returns values and not promises. */
  synchronous?: boolean;
  /** Cuts off the tails of this node, but not its other calls. Returns a function that connects them again. */
  lose?(log: EventLog): Undo | Promise<Undo>;
  /** Replaces the log by an empty one, as if the server had lost its data. */
  replace?(log: EventLog): void | Promise<void>;
  /** Makes the log unreachable for this node. Returns a function that makes it reachable again. */
  goDown?(log: EventLog): Undo | Promise<Undo>;
}

type Undo = () => void | Promise<void>;

/** A log with helpers for tests. Every call has a time limit. */
export class LogProbe {
  readonly log: EventLog;

  constructor(log: EventLog) {
    this.log = log;
    onTestFinished(() => within("close()", log.close()));
  }

  /** Appends drafts in one call. A string stands for a draft with this data. */
  batch(drafts: readonly (Draft | string)[], options?: AppendOptions): Promise<readonly string[]> {
    const whole = drafts.map((draft) => (typeof draft === "string" ? { data: draft } : draft));
    return within(
      "append()",
      promised(() => this.log.append(whole, options)),
    );
  }

  async append(draft: Draft | string, options?: AppendOptions): Promise<string> {
    const [id] = await this.batch([draft], options);
    return id!;
  }

  /** Appends drafts in one call each, one after another. */
  async appendAll(...drafts: (Draft | string)[]): Promise<string[]> {
    const ids: string[] = [];
    for (const draft of drafts) ids.push(await this.append(draft));
    return ids;
  }

  read(from: ReadFrom, max = { events: 1_000, bytes: 1 << 20 }): Promise<Read> {
    return within(
      "read()",
      promised(() => this.log.read(from, max)),
    );
  }

  /** Reads entries, and throws if the log returns a reset. */
  async entries(from: ReadFrom, max?: { events: number; bytes: number }): Promise<readonly Entry[]> {
    return expectEntries(await this.read(from, max)).entries;
  }

  async data(from: ReadFrom): Promise<string[]> {
    return (await this.entries(from)).map((entry) => entry.data);
  }

  peek(): Promise<Peek> {
    return within(
      "peek()",
      promised(() => this.log.peek()),
    );
  }

  async follow(): Promise<Follower> {
    const follower = new Follower();
    follower.tail = await within(
      "tail()",
      promised(() => this.log.tail((news) => follower.hear(news))),
    );
    return follower;
  }

  /** Waits until reads may return the entry with this id. */
  async untilReadable(id: string): Promise<void> {
    for (const deadline = performance.now() + 10_000; ;) {
      const read = await this.read("oldest");
      if ("entries" in read && read.entries.some((entry) => entry.id === id)) return;
      if (performance.now() > deadline) throw new Error(`${id} cannot be read within 10 s`);
      await new Promise((turn) => setTimeout(turn, 1));
    }
  }
}

/** A listener of a tail, which records its news. */
export class Follower {
  tail!: Tail;
  readonly news: News[] = [];
  readonly told: Entry[] = [];
  readonly resets: Extract<News, { reset: unknown }>[] = [];

  hear(news: News): void {
    this.news.push(news);
    if ("entries" in news) this.told.push(...news.entries);
    if ("reset" in news) this.resets.push(news);
  }

  get data(): string[] {
    return this.told.map((entry) => entry.data);
  }

  get ids(): string[] {
    return this.told.map((entry) => entry.id);
  }

  /** The data of the entries that were told after the last reset. */
  get dataSinceReset(): string[] {
    const last = this.news.findLastIndex((news) => "reset" in news);
    return this.news
      .slice(last + 1)
      .flatMap((news) => ("entries" in news ? news.entries : []))
      .map(({ data }) => data);
  }

  untilTold(id: string): Promise<void> {
    return until(`the listener to be told ${id}`, () => this.told.some((entry) => entry.id === id));
  }

  untilReset(): Promise<void> {
    return until("the listener to be told a reset", () => this.resets.length > 0);
  }

  untilStatus(status: "ready" | "down"): Promise<void> {
    const is = (news: News): boolean => "status" in news && news.status === status;
    return until(`the listener to be told that the log is ${status}`, () => this.news.some(is));
  }
}

export async function probe(subject: LogSubject, history?: History): Promise<LogProbe> {
  return new LogProbe(await subject.create(history));
}

/** Calls a function and returns a promise, which rejects if the function throws. */
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

/** An id of the same log that is `by` positions later. */
export function later(id: string, by = 1_000): string {
  return id.replace(
    /-(\d+)((?:\.\d+)*)$/,
    (_, n: string, rest: string) => `-${BigInt(n) + BigInt(by)}${rest}`,
  );
}

export function numbers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, n) => String(from + n));
}

/** The error with this code, for `toMatchObject`. */
export function code(code: string): { code: string } {
  return { code };
}
