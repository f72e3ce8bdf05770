export { encode, type Serialize } from "./format/encode.js";
export type {
  CloseOptions,
  CloseReason,
  EventStream,
  Items,
  MessageSource,
  Source,
} from "./stream/event-stream.js";
export type { StreamEnd, StreamMessage, TypedEnd, TypedEvent } from "./format/event-map.js";
export { EventStreamServer, type DrainOptions } from "./stream/event-stream-server.js";
export type { EventMessage } from "./format/message.js";
export type { EventStreamOptions, ItemOptions } from "./stream/options.js";
export type { Subscription } from "./stream/subscription.js";
export { SseError, type SseErrorCode } from "./sse-error.js";
export type { Channel, ChannelOptions, ChannelStage, SubscribeOptions } from "./channel/channel.js";
export type {
  ChannelEnd,
  ChannelItem,
  ChannelMessage,
  ChannelSource,
  MessageLabels,
  ReservedEvent,
} from "./channel/channel-message.js";
export { createChannels, type Channels, type ChannelsOptions } from "./channel/channels.js";
export { createChannel } from "./channel/create-channel.js";
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
export { MemoryLog } from "./channel/memory-log.js";
export { memoryLogs } from "./channel/memory-logs.js";
export type { SchemaResult, StandardSchema } from "./channel/standard-schema.js";
