import { COUNT, invalidOption, MS, STRING, type Check } from "../check-options.js";
import { SseError } from "../sse-error.js";
import { CHANNEL_CHECKS, checkChannelOptions, LOG_STORE } from "./channel-options.js";
import type { Channel, ChannelOptions } from "./channel.js";
import type { LogStore } from "./event-log.js";
import { LogChannel, type UseListener } from "./log-channel.js";
import { memoryLogs } from "./memory-logs.js";

/** Options of channels by key. */
export interface ChannelsOptions<Events = any> extends Omit<ChannelOptions<Events>, "log"> {
  /**
   * Milliseconds after which a channel that nobody uses is forgotten. Subscribers, running sources, and calls of the
   * channel, of `get` and of `getOrCreate` count as use.
   *
   * @default 600_000
   */
  idle?: number;
  /**
   * How many channels there are at most. To make one more, a channel without events and readers is forgotten, or else
   * the one that has had no reader for longest. What its log keeps stays kept.
   *
   * @default 10_000
   */
  max?: number;
  /**
   * The store of the logs, in which each channel's log is kept under the channel's key. The app closes it.
   *
   * @default memoryLogs()
   */
  logs?: LogStore;
}

/** Channels by key: one for each document or user. */
export interface Channels<Events = any> {
  /**
   * Returns the channel of this key, if there is one. That counts as use: an idle channel is kept for another `idle`
   * milliseconds. Safe for keys that clients send: it makes nothing.
   *
   * @example
   * ```ts
   * const feed = feeds.get(req.params.id);
   * if (feed === undefined) return res.sendStatus(404);
   * feed.subscribe(res.sse());
   * ```
   */
  get(key: string): Channel<Events> | undefined;
  /**
   * Returns the channel of this key, and makes it if there is none. That counts as use. Keep the key, not the channel:
   * an idle channel is closed and forgotten.
   *
   * @throws {SseError} `ERR_SSE_TOO_MANY_CHANNELS` if there are `max` and all of them are used,
   *   `ERR_SSE_CHANNEL_CLOSED` after `close()`, `ERR_SSE_INVALID_OPTION` for a key that is not a string.
   * @example
   * ```ts
   * await feeds.getOrCreate(documentId).publish({ event: "edit", data });
   * ```
   */
  getOrCreate(key: string): Channel<Events>;
  /**
   * Tells whether there is a channel of this key. Does not count as use.
   *
   * @example
   * ```ts
   * const isWatched = feeds.has(documentId);
   * ```
   */
  has(key: string): boolean;
  /** The keys of all channels, in the order in which these were made. Does not count as use. */
  keys(): IterableIterator<string>;
  /** Closes all channels, for good: none is made afterwards. A store that was given as `logs` stays open. */
  close(): Promise<void>;
  /**
   * Closes the channel of this key and forgets it. Its subscribers are closed and may come back. What its log keeps
   * stays kept, so that they miss nothing if the channel is made again.
   *
   * @example
   * ```ts
   * if (await feeds.close(documentId)) console.log("The feed is closed");
   * ```
   * @returns `false` if there is no such channel.
   * @throws {SseError} `ERR_SSE_INVALID_OPTION`, as a rejection, for a key that is not a string: a key that is
   *   `undefined` by mistake must not close all channels.
   */
  close(key: string): Promise<boolean>;
  /** The number of channels. */
  readonly size: number;
}

/**
 * Creates channels by key, which share their options. Each is made when it is first asked for, and forgotten when it
 * is idle.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 * @example
 * ```ts
 * const feeds = createChannels<{ edit: Edit }>({ idle: 10 * 60_000, max: 10_000 });
 * feeds.getOrCreate(documentId).subscribe(stream);
 * ```
 */
export function createChannels<Events = any>(options: ChannelsOptions<Events> = {}): Channels<Events> {
  const checks: { readonly [Name in keyof Required<ChannelsOptions> | "log"]: Check | string } = {
    ...CHANNEL_CHECKS,
    log: "use logs, a LogStore",
    idle: MS,
    max: COUNT,
    logs: LOG_STORE,
  };
  checkChannelOptions(options, "createChannels", checks); // now, and not with the first request
  return new KeyedChannels(options) as unknown as Channels<Events>;
}

class KeyedChannels implements UseListener {
  readonly #options: ChannelOptions;
  readonly #history: ChannelsOptions["history"];
  readonly #idle: number;
  readonly #max: number;
  readonly #logs: LogStore;
  readonly #ownLogs: LogStore | undefined;
  readonly #channels = new Map<string, LogChannel>();
  readonly #keys = new Map<LogChannel, string>();
  // The channels that nobody uses, and since when, in the order in which they became idle: those without events, and
  // those with events.
  readonly #empty = new Map<LogChannel, number>();
  readonly #idleSince = new Map<LogChannel, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closing: Promise<void> | undefined;

  constructor({ idle = 600_000, max = 10_000, logs, history, ...options }: ChannelsOptions) {
    this.#options = options;
    this.#history = history;
    this.#idle = idle;
    this.#max = max;
    this.#ownLogs = logs === undefined ? memoryLogs() : undefined;
    this.#logs = logs ?? this.#ownLogs!;
  }

  get(key: string): LogChannel | undefined {
    const known = this.#channels.get(key);
    if (known !== undefined) {
      this.#touch(this.#empty, known);
      this.#touch(this.#idleSince, known);
    }
    return known;
  }

  getOrCreate(key: string): LogChannel {
    const known = this.get(key);
    if (known !== undefined) return known;
    if (typeof key !== "string") throw invalidOption("getOrCreate: key", STRING[0], key);
    if (this.#closing !== undefined) {
      throw new SseError("ERR_SSE_CHANNEL_CLOSED", "The channels are closed: no further one was made");
    }
    if (this.#channels.size >= this.#max) this.#makeRoom();
    const log = this.#logs.open(key, this.#history);
    const channel = new LogChannel({ ...this.#options, log }, this);
    this.#channels.set(key, channel);
    this.#keys.set(channel, key);
    this.#empty.set(channel, performance.now());
    this.#arm();
    return channel;
  }

  has(key: string): boolean {
    return this.#channels.has(key);
  }

  keys(): IterableIterator<string> {
    return this.#channels.keys();
  }

  get size(): number {
    return this.#channels.size;
  }

  async close(key?: string): Promise<void | boolean> {
    if (arguments.length === 0) return (this.#closing ??= this.#closeAll());
    if (typeof key !== "string") {
      throw invalidOption("close: key", `${STRING[0]} (leave it out to close all channels)`, key);
    }
    const channel = this.#channels.get(key);
    await channel?.close();
    return channel !== undefined;
  }

  async #closeAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
    await this.#ownLogs?.close();
  }

  // --- what a channel tells

  used(channel: LogChannel): void {
    this.#empty.delete(channel);
    this.#idleSince.delete(channel);
  }

  idle(channel: LogChannel): void {
    if (!this.#keys.has(channel)) return; // forgotten already
    const idle = channel.hasEvents ? this.#idleSince : this.#empty;
    idle.delete(channel);
    idle.set(channel, performance.now());
  }

  closed(channel: LogChannel): void {
    this.#channels.delete(this.#keys.get(channel)!);
    this.#keys.delete(channel);
    this.used(channel);
  }

  // --- forgetting

  /** Somebody has asked for it, and may be about to use it. */
  #touch(since: Map<LogChannel, number>, channel: LogChannel): void {
    if (since.delete(channel)) since.set(channel, performance.now());
  }

  #makeRoom(): void {
    const [oldest] = this.#empty.size > 0 ? this.#empty.keys() : this.#idleSince.keys();
    if (oldest === undefined) {
      throw new SseError(
        "ERR_SSE_TOO_MANY_CHANNELS",
        `There are ${this.#max} channels, which is max, and all of them are used: no further one was made`,
      );
    }
    this.#forget(oldest);
  }

  #forget(channel: LogChannel): void {
    channel.close().catch((error: unknown) => channel.report(error, "close"));
  }

  #sweep(): void {
    this.#timer = undefined;
    const since = performance.now() - this.#idle;
    for (const channels of [this.#empty, this.#idleSince]) {
      for (const [channel, at] of channels) {
        if (at > since) break;
        this.#forget(channel);
      }
    }
    this.#arm();
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#channels.size === 0) return;
    this.#timer = setTimeout(() => this.#sweep(), Math.min(this.#idle / 4, 2 ** 31 - 1));
    (this.#timer as { unref?(): void }).unref?.();
  }
}
