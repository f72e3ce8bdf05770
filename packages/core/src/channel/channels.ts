import type { Channel, ChannelOptions, EventMap } from "./channel.js";
import type { EventLog } from "./event-log.js";
import { LogChannel } from "./log-channel.js";
import { SseError, describe } from "../sse-error.js";

/** Options of channels by key. */
export interface ChannelsOptions<Events = EventMap> extends Omit<ChannelOptions<Events>, "log"> {
  /** Milliseconds without a subscriber, a source and a call after which a channel is closed and forgotten. Default 600 000. */
  idle?: number;
  /** Makes the log of a channel. Default: a `MemoryLog` each. */
  log?(key: string): EventLog;
}

/** Channels by key: one for each answer, document or user. */
export interface Channels<Events = EventMap> {
  /** The channel of this key, made if there is none. Keep the key, not the channel: it is forgotten when it is idle. */
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
  const { idle = 600_000, log, ...channelOptions } = options;
  if (!(typeof idle === "number" && idle > 0)) {
    throw new SseError(
      "ERR_SSE_INVALID_OPTION",
      `idle: expected milliseconds above 0, got ${describe(idle)}`,
    );
  }
  const make = (key: string): LogChannel =>
    new LogChannel({ ...channelOptions, ...(log && { log: log(key) }) });
  if (log === undefined) make(""); // now, and not with the first request, it says what is wrong with the options
  const channels = new Map<string, LogChannel>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function sweep(): void {
    timer = undefined;
    const since = performance.now() - idle;
    for (const [key, channel] of channels) {
      if (channel.idleSince > since) continue;
      channels.delete(key);
      void channel.close().catch((error: unknown) => console.error(error));
    }
    arm();
  }

  function arm(): void {
    if (timer !== undefined || channels.size === 0) return;
    timer = setTimeout(sweep, Math.min(idle / 4, 2 ** 31 - 1));
    (timer as { unref?(): void }).unref?.();
  }

  return {
    get(key) {
      if (typeof key !== "string") {
        throw new SseError("ERR_SSE_INVALID_OPTION", `key: expected a string, got ${describe(key)}`);
      }
      let channel = channels.get(key);
      if (channel === undefined) {
        channel = make(key);
        channels.set(key, channel);
        arm();
      }
      return channel as unknown as Channel<Events>;
    },
    has: (key) => channels.has(key),
    async close() {
      clearTimeout(timer);
      timer = undefined;
      const all = [...channels.values()];
      channels.clear();
      await Promise.all(all.map((channel) => channel.close()));
    },
    get size() {
      return channels.size;
    },
  };
}
