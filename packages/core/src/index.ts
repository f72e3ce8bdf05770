export { encode, type Serialize } from "./format/encode.js";
export type { CloseReason, EventStream, Items, Source } from "./stream/event-stream.js";
export { EventStreamServer, type DrainOptions } from "./stream/event-stream-server.js";
export type { EventMessage } from "./format/message.js";
export type { EventStreamOptions } from "./stream/options.js";
export { SseError, type SseErrorCode } from "./sse-error.js";
export {
  createChannel,
  type Channel,
  type ChannelMessage,
  type ChannelOptions,
  type ChannelSource,
  type EventMap,
  type SubscribeOptions,
  type Subscription,
} from "./channel/channel.js";
export { createChannels, type Channels, type ChannelsOptions } from "./channel/channels.js";
export {
  createEntry,
  type Draft,
  type Entry,
  type EventLog,
  type Read,
  type ReadLimit,
  type ResetReason,
  type Tail,
} from "./channel/event-log.js";
export { MemoryLog, type History } from "./channel/memory-log.js";
export type { SchemaResult, StandardSchema } from "./channel/standard-schema.js";
