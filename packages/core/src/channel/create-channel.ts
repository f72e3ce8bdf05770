import type { Channel, ChannelOptions } from "./channel.js";
import { LogChannel } from "./log-channel.js";

/**
 * Creates a channel, which sends what is published to all its subscribers.
 *
 * The type argument is an event map: the type of the data of each event type. With `schemas` it can be left out, and is
 * then made of the schemas' input types. With neither of the two, events of any type can be published.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 * @example
 * const prices = createChannel<{ tick: { price: number }; halt: { reason: string } }>({
 *   history: { events: 10_000, age: 300_000 },
 * });
 * await prices.publish({ event: "tick", data: { price: 120 } });
 */
export function createChannel<Events = any>(options: ChannelOptions<Events> = {}): Channel<Events> {
  const channel: Channel = new LogChannel(options);
  return channel;
}
