import { COUNT, hasMethods, invalidOption, MS, type Check } from "../check-options.js";
import { SseError } from "../sse-error.js";
import { CHANNEL_CHECKS, checkChannelOptions } from "./channel-options.js";
import type { Channel, ChannelOptions, EventMap } from "./channel.js";
import type { LogStore } from "./event-log.js";
import { LogChannel, type UseListener } from "./log-channel.js";
import { memoryLogs } from "./memory-logs.js";

/** Options of channels by key. */
export interface ChannelsOptions<Events = EventMap> extends Omit<ChannelOptions<Events>, "log"> {
  /** Milliseconds without a subscriber, a source and a call after which a channel is forgotten. @default 600_000 */
  idle?: number;
  /**
   * How many channels there are at most. For one more a channel without events and readers is forgotten, or else the
   * one that has had no reader for longest; what its log keeps stays kept. @default 10_000
   */
  max?: number;
  /** Where the logs are, each under its channel's key. The app closes it. @default `memoryLogs()` */
  logs?: LogStore;
}

/** Channels by key: one for each answer, document or user. */
export interface Channels<Events = EventMap> {
  /**
   * The channel of this key, made if there is none. Keep the key, not the channel: it is forgotten when it is idle.
   *
   * @throws {SseError} `ERR_SSE_TOO_MANY_CHANNELS`: there are `max`, and all of them are used.
   */
  get(key: string): Channel<Events>;
  /** Whether there is one, for keys that come from a client. */
  has(key: string): boolean;
  /** Closes and forgets all of them. */
  close(): Promise<void>;
  /** How many there are. */
  readonly size: number;
}

/** @throws {SseError} `ERR_SSE_INVALID_OPTION` */
export function createChannels<Events = EventMap>(options: ChannelsOptions<Events> = {}): Channels<Events> {
  const checks: { readonly [Name in keyof Required<ChannelsOptions> | "log"]: Check | string } = {
    ...CHANNEL_CHECKS,
    log: "use logs, a LogStore",
    idle: MS,
    max: COUNT,
    logs: ["a LogStore, such as memoryLogs()", (value) => hasMethods(value, "open", "close")],
  };
  checkChannelOptions(options, "createChannels", checks); // now, and not with the first request
  const channels = new KeyedChannels(options);
  return {
    get: (key) => channels.get(key) as unknown as Channel<Events>,
    has: (key) => channels.has(key),
    close: () => channels.close(),
    get size() {
      return channels.size;
    },
  };
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
  // Those that nobody uses, since when: without events and with, each in the order in which they fell idle.
  readonly #empty = new Map<LogChannel, number>();
  readonly #idleSince = new Map<LogChannel, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ idle = 600_000, max = 10_000, logs, history, ...options }: ChannelsOptions) {
    this.#options = options;
    this.#history = history;
    this.#idle = idle;
    this.#max = max;
    this.#ownLogs = logs === undefined ? memoryLogs() : undefined;
    this.#logs = logs ?? this.#ownLogs!;
  }

  get(key: string): LogChannel {
    if (typeof key !== "string") throw invalidOption("get: key", "a string", key);
    const known = this.#channels.get(key);
    if (known !== undefined) {
      this.#touch(this.#empty, known);
      this.#touch(this.#idleSince, known);
      return known;
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

  get size(): number {
    return this.#channels.size;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = [...this.#channels.values()];
    for (const set of [this.#channels, this.#keys, this.#empty, this.#idleSince]) set.clear();
    await Promise.all(all.map((channel) => channel.close()));
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
    this.#channels.delete(this.#keys.get(channel)!);
    this.#keys.delete(channel);
    this.#empty.delete(channel);
    this.#idleSince.delete(channel);
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
