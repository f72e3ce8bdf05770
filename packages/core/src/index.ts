export { encode, type Serialize } from "./encode.js";
export type { CloseReason, EventStream } from "./event-stream.js";
export { EventStreamServer, type DrainOptions } from "./event-stream-server.js";
export type { Exchange, HeaderChanges } from "./exchange.js";
export { createFrame, joinFrames, type Frame } from "./frame.js";
export { HeartbeatScheduler, type Scheduled } from "./heartbeat-scheduler.js";
export { END_SUFFIX, START_ID } from "./last-event-id.js";
export type { EventMessage } from "./message.js";
export type { EventStreamOptions } from "./options.js";
export type { Sink } from "./sink.js";
export type { Items, Source } from "./source.js";
export { SseError, describe, type SseErrorCode } from "./sse-error.js";
export { WebExchange } from "./web-exchange.js";
export {
  createChannel,
  type Channel,
  type ChannelMessage,
  type ChannelOptions,
  type ChannelSource,
  type EventMap,
  type SubscribeOptions,
  type Subscription,
} from "./channel.js";
export { createChannels, type Channels, type ChannelsOptions } from "./channels.js";
export {
  createEntry,
  type Draft,
  type Entry,
  type EventLog,
  type Read,
  type ReadLimit,
  type ResetReason,
  type Tail,
} from "./event-log.js";
export { MemoryLog, type History } from "./memory-log.js";
export type { SchemaResult, StandardSchema } from "./standard-schema.js";
