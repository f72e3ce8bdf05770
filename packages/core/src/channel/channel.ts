import type { Serialize } from "../format/encode.js";
import type { EventStream } from "../stream/event-stream.js";
import type { Subscription } from "../stream/subscription.js";
import type { Items } from "../stream/event-stream.js";
import type { Entry, EventLog, History, ResetReason } from "./event-log.js";
import type { StandardSchema } from "./standard-schema.js";

/** The events of a channel: the type of the data of each event type. */
export type EventMap = Record<string, unknown>;

interface Labels {
  /** Only subscribers that name one of these topics, or no topics at all, see the event. */
  topic?: string | string[];
  /** A second event with the key of one that is still in the history is not published: its id is returned. */
  idempotencyKey?: string;
}

/** What is published to a channel: an event of one of its types. The log gives the id. */
export type ChannelMessage<Events> = string extends keyof Events
  ? ({ event?: string; data?: unknown } & Labels) | string
  : { [Type in keyof Events & string]: Typed<Type, Events[Type]> & Labels }[keyof Events & string];

// The type `message` is what an event without a type has.
type Typed<Type extends string, Data> = (Type extends "message" ? { event?: Type } : { event: Type }) &
  (undefined extends Data ? { data?: Data } : { data: Data });

/** A source of messages; a function is given a signal that aborts when the channel closes. */
export type ChannelSource<T> =
  | Items<T>
  | ((context: { readonly signal: AbortSignal }) => Items<T> | Promise<Items<T>>);

/** What a subscriber wants to see, and from where. */
export interface SubscribeOptions<Events = EventMap> {
  /**
   * Only events with one of these topics. Left out: all events, with a topic or without. `undefined`, given
   * explicitly, is refused: a user id that is forgotten must not open everybody's feed.
   */
  topics?: readonly string[];
  /** Only events for which this returns `true`, of those with its topics. One that throws closes its stream. */
  filter?(entry: Omit<Entry, "event"> & { readonly event?: keyof Events & string }): boolean;
  /**
   * Where a client begins that brings no last event ID: at the first event ever published (`"start"`; if that is no
   * longer kept the client is sent a `reset`), at the oldest that is kept (`"oldest"`), or after the event with an id.
   * @default what is published from now on
   */
  from?: "start" | "oldest" | { readonly after: string };
  /**
   * The current state. Sent as event `snapshot` to a client that begins without history, and after every `reset`; what
   * is published after the call follows. If it returns a promise, what is published meanwhile follows too, and may be
   * in the state already. Not called while the client has earlier events to read, nor with `from`, unless there is a
   * reset.
   */
  snapshot?(): unknown;
}

/**
 * Where an error of a channel comes from: a call of `publish` or `end`; a source of `publishAll`; the log's tail, for
 * instance because the log cannot be reached; a hook of the app; closing a channel that is idle.
 */
export type ChannelStage = "publish" | "source" | "tail" | "hook" | "close";

/** Options of a channel. */
export interface ChannelOptions<Events = EventMap> {
  /** What the channel's own `MemoryLog` keeps. */
  history?: History;
  /** Another log, such as one that many nodes share. The channel closes it. Default: a `MemoryLog`. */
  log?: EventLog;
  /** Makes text of `data` that is not a string, once for all subscribers. Default `JSON.stringify`. */
  serialize?: Serialize;
  /** Validators of `data`, by event type, in any library that speaks Standard Schema. */
  schemas?: { readonly [Type in keyof Events]?: StandardSchema };
  /** Milliseconds for which events are collected, so that they leave in one write. Default: those of one turn are. */
  flushInterval?: number;
  onSubscribe?(stream: EventStream): void;
  onUnsubscribe?(stream: EventStream): void;
  /** A client has as much unread as may be sent ahead of it (64 KiB): it will read on from the log. */
  onLag?(stream: EventStream): void;
  /** A client is told that there is a hole in what it sees. */
  onReset?(stream: EventStream, reason: ResetReason): void;
  /**
   * The last event of the channel, for `end()`, when a source of `publishAll` has failed. The error's own message is
   * for nobody outside. @default `{ event: "failed" }`
   */
  describeError?(error: unknown): { event?: string; data?: unknown } | undefined;
  /**
   * Errors of hooks and of the log, and of what was published, which is also rejected. When the log cannot be read or
   * followed, the streams that wait for it are closed, with the error to their own `onError`.
   * @default `console.error`
   */
  onError?(error: unknown, context: { readonly stage: ChannelStage }): void;
}

/** Publishing to a log, to any number of subscribers. */
export interface Channel<Events = EventMap> {
  /**
   * Publishes an event. With a `MemoryLog` it is with the subscribers when the call returns, unless it is called while
   * another event is handed to them, by a filter or a hook: then it follows that one. Need not be awaited: an
   * error is also told to `onError`.
   *
   * @returns the id, when the event is stored.
   * @throws {SseError} as a rejection: `ERR_SSE_INVALID_FIELD`, `ERR_SSE_INVALID_DATA`, `ERR_SSE_CHANNEL_ENDED`,
   *   `ERR_SSE_CHANNEL_CLOSED`, or what the log rejects with. Nothing was published.
   */
  publish(message: ChannelMessage<Events>): Promise<string>;
  /**
   * Publishes all that a source yields, one after another, whether somebody listens or not. Ids, comments and
   * `retry` of the source are dropped. Need not be awaited.
   *
   * @returns `true` when the source is exhausted, `false` if the channel was closed before.
   * @throws what the source or `publish` throws, as a rejection. Then `end()` tells readers of a failure.
   */
  publishAll(source: ChannelSource<unknown>): Promise<boolean>;
  /**
   * Subscribes a stream: from the last event ID its client came with, else as `from` says. A stream has one
   * subscription. Nothing happens for a stream that is closed.
   *
   * @throws {SseError} `ERR_SSE_SUBSCRIBED`, `ERR_SSE_INVALID_STREAM`, `ERR_SSE_INVALID_OPTION`,
   *   `ERR_SSE_CHANNEL_CLOSED`
   */
  subscribe(stream: EventStream, options?: SubscribeOptions<Events>): Subscription;
  /**
   * Ends the channel for good, after what was published: subscribers, also those that come later, are sent what they
   * lack and a last event (type `end` unless the message names another), and are ended. Waits for `publishAll`, so a
   * source must not await it. If a source of `publishAll` has failed, the last event is `failed`, or what
   * `describeError` returns, and not the message. Does nothing when the channel is closed.
   *
   * @throws the error of a source that has failed, as a rejection, when the readers have been told.
   */
  end(message?: { event?: string; data?: unknown }): Promise<void>;
  /** Closes the channel here: its subscribers, which may come back; its sources, whose signals abort; its log. */
  close(): Promise<void>;
  /** Number of subscribers. */
  readonly size: number;
  /** Number of subscribers of each topic. */
  readonly topics: ReadonlyMap<string, number>;
  /** Whether the log can be reached, for a health probe. */
  readonly status: EventLog["status"];
}
