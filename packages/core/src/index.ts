export { encode, type Serialize } from "./format/encode.js";
export type { CloseReason, EventStream } from "./stream/event-stream.js";
export { EventStreamServer, type DrainOptions } from "./stream/event-stream-server.js";
export type { Exchange, HeaderChanges } from "./stream/exchange.js";
export { createFrame, joinFrames, type Frame } from "./format/frame.js";
export { HeartbeatScheduler, type Scheduled } from "./stream/heartbeat-scheduler.js";
export { END_SUFFIX, START_ID } from "./format/reserved-ids.js";
export type { EventMessage } from "./format/message.js";
export type { EventStreamOptions } from "./stream/options.js";
export type { Sink } from "./stream/sink.js";
export type { Items, Source } from "./stream/source.js";
export { SseError, describe, type SseErrorCode } from "./sse-error.js";
export { WebExchange } from "./stream/web-exchange.js";
export {
  type Channel,
  type ChannelMessage,
  type ChannelOptions,
  type ChannelSource,
  type ChannelStage,
  type EventMap,
  type SubscribeOptions,
  type Subscription,
} from "./channel/channel.js";
export { createChannels, type Channels, type ChannelsOptions } from "./channel/channels.js";
export { createChannel } from "./channel/create-channel.js";
export { createEntry } from "./channel/entry.js";
export type {
  AppendOptions,
  BoundedHistory,
  CompleteHistory,
  Draft,
  Entry,
  EventLog,
  History,
  LogStore,
  News,
  Peek,
  Read,
  ReadFrom,
  ReadLimit,
  ResetReason,
  Tail,
} from "./channel/event-log.js";
export { compareIds, epochOf } from "./channel/ids.js";
export { MemoryLog } from "./channel/memory-log.js";
export { memoryLogs } from "./channel/memory-logs.js";
export type { SchemaResult, StandardSchema } from "./channel/standard-schema.js";
