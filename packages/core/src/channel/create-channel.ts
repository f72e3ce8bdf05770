import type { Channel, ChannelOptions, EventMap } from "./channel.js";
import { LogChannel } from "./log-channel.js";

/**
 * Creates a channel: publish once, to any number of subscribers.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function createChannel<Events = EventMap>(options: ChannelOptions<Events> = {}): Channel<Events> {
  return new LogChannel(options) as unknown as Channel<Events>;
}
