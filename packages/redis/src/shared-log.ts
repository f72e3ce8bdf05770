import type { AppendOptions, Draft, Peek, Read, ReadFrom, ReadLimit, Tail, News } from "@ssekit/core";
import type { ResolvedHistory } from "@ssekit/core/adapter";
import { AppendQueue } from "./append-queue.js";
import { LogTail } from "./log-tail.js";
import { idOf, randomName } from "./position.js";
import { parseRecord, readArgs, toPeek, toRead, type Record } from "./record.js";
import { appendScript, readScript } from "./scripts.js";
import type { Checked, Shard } from "./shard.js";
import type { Subscriptions } from "./subscriptions.js";
import { within } from "./unavailable.js";

export interface SharedLogOptions {
  /** The name of the hash with the position of the log, and of the channel of its messages. */
  readonly metaKey: string;
  readonly history: ResolvedHistory;
  readonly shard: Shard;
  readonly subscriptions: Subscriptions;
  readonly node: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly waits: boolean;
  nextNumber(): number;
  report(error: unknown, stage: "listener"): void;
}

/** Milliseconds for which an unfinished log that no node has open is kept beyond its history. */
const UNUSED = 600_000;
/** What a tail reads at once. */
const PAGE: ReadLimit = { events: 500, bytes: 1 << 20 };

/** One log, for all its open handles on this node. */
export class SharedLog implements Checked {
  /** Number of open handles. */
  handles = 0;
  readonly metaKey: string;
  readonly #options: SharedLogOptions;
  readonly #historyArgs: readonly string[];
  readonly #tail: LogTail;
  readonly #appends: AppendQueue;
  // Milliseconds after which the keys expire, 0 for never, and when this node has to postpone that.
  readonly #ttl: number;
  #renewAt = Infinity;

  constructor(options: SharedLogOptions) {
    const { metaKey, history, shard, subscriptions } = options;
    this.#options = options;
    this.metaKey = metaKey;
    const life = history.complete ? history.keep : history.age;
    this.#ttl = life === Infinity ? 0 : Math.ceil(life) + UNUSED;
    const ttlAfterEnd = history.complete && life !== Infinity ? Math.ceil(life) : this.#ttl;
    const { events, bytes, age } = history.complete
      ? { events: Infinity, bytes: history.maxBytes, age: Infinity }
      : history;
    this.#historyArgs = [
      history.complete ? "1" : "0",
      ...[events, bytes, age * 1_000].map((limit) => (limit === Infinity ? "1e300" : String(limit))),
      String(this.#ttl),
      String(ttlAfterEnd),
    ];
    this.#appends = new AppendQueue({
      timeout: options.waits ? Infinity : options.timeout,
      history,
      nextNumber: () => options.nextNumber(),
      send: (args, deadline, isOver, failed) => {
        this.#use();
        const all = [randomName(), ...this.#historyArgs, options.node, ...args];
        return shard.run(appendScript, metaKey, all, deadline, isOver, failed);
      },
    });
    this.#tail = new LogTail({
      // A log can also be followed without messages, by its checked position. So it does not wait longer.
      subscribe: () =>
        within(
          subscriptions.add(metaKey, (text) => this.#tail.receive(text)),
          options.timeout,
        ).catch(() => {}),
      unsubscribe: () => subscriptions.delete(metaKey),
      peek: () => this.#peek("tail"),
      read: async (after) => {
        const from = { after };
        return toRead(await this.#ask(readArgs(from, PAGE)!), from, PAGE, undefined);
      },
      report: (error) => options.report(error, "listener"),
    });
  }

  get isFollowed(): boolean {
    return this.#tail.told !== undefined;
  }

  get status(): "ready" | "down" {
    return this.#options.shard.status;
  }

  append(owner: object, drafts: readonly Draft[], options: AppendOptions = {}): Promise<readonly string[]> {
    return this.#appends.append(owner, drafts, options.after);
  }

  async read(from: ReadFrom, max: ReadLimit): Promise<Read> {
    const args = readArgs(from, max);
    if (args !== undefined) return toRead(await this.#ask(args), from, max, this.#tail.told);
    const { floor } = await this.#ask(["oldest", "", "", "", "0", "0"]);
    return { reset: "unknown-id", cursor: idOf(floor) };
  }

  peek(): Promise<Peek> {
    return this.#peek("peek");
  }

  /** @param added is called at once with the tail, before the listener can be told anything. */
  async tail(
    listener: (news: News) => void,
    added: (tail: Tail) => void,
    isOver: () => boolean,
  ): Promise<void> {
    this.#use();
    await this.#tail.follow(listener, added, isOver);
  }

  /** Ends the appends of a handle that was closed. */
  refuse(owner: object): void {
    this.#appends.refuse(owner);
  }

  close(): void {
    this.#tail.close();
    this.#options.shard.delete(this);
  }

  renewal(now: number): number {
    if (now < this.#renewAt) return 0;
    this.#renewAt = now + this.#ttl / 3;
    return this.#options.history.complete ? -this.#ttl : this.#ttl;
  }

  compare(cursor: string, told: string | undefined): void {
    this.#tail.compare(cursor, told);
  }

  told(): string | undefined {
    const { told } = this.#tail;
    return told && idOf(told);
  }

  tellStatus(status: "ready" | "down", error?: unknown): void {
    this.#tail.tell(error === undefined ? { status } : { status, error });
  }

  /** Has its position checked and its keys kept from now on. */
  #use(): void {
    if (this.#renewAt === Infinity && this.#ttl > 0) this.#renewAt = performance.now() + this.#ttl / 3;
    this.#options.shard.add(this);
  }

  async #peek(from: "peek" | "tail"): Promise<Peek> {
    return toPeek(await this.#ask([from, "", "", "", "0", "0"]));
  }

  async #ask(args: readonly string[]): Promise<Record> {
    const { shard, metaKey, timeout } = this.#options;
    const all = [randomName(), ...this.#historyArgs, ...args];
    return parseRecord(await shard.run(readScript, metaKey, all, performance.now() + timeout));
  }
}
