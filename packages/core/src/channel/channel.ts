import type { Serialize } from "../format/encode.js";
import type { EventStream } from "../stream/event-stream.js";
import type { Subscription } from "../stream/subscription.js";
import type { ChannelEnd, ChannelItem, ChannelMessage, ChannelSource } from "./channel-message.js";
import type { Entry, EventLog, History, ResetReason } from "./event-log.js";
import type { StandardSchema } from "./standard-schema.js";

/** Which events a subscriber gets, and where it begins. */
export interface SubscribeOptions<Events = any> {
  /**
   * The topics of the events that are sent. An event is sent if it has one of them.
   *
   * An explicit `undefined` is refused: a missing user id must not give a client the events of all users.
   *
   * @default none: all events are sent, with a topic or without
   */
  topics?: readonly string[];
  /**
   * Decides whether an event is sent. It is asked for each event that the topics select. If it throws, the stream is
   * closed.
   *
   * @default none: all events that the topics select are sent
   */
  filter?(entry: Omit<Entry, "event"> & { readonly event?: keyof Events & string }): boolean;
  /**
   * The place in the log where a client begins that has no last event ID.
   *
   * - `"start"`: at the first event ever published. If the log no longer has it, the client gets a `reset` first.
   * - `"oldest"`: at the oldest event that the log still has.
   * - `{ after: id }`: after the event with this id.
   *
   * @default after the newest event
   */
  from?: "start" | "oldest" | { readonly after: string };
  /**
   * Returns the current state, which is sent as an event of type `snapshot`. The events that are published after the call
   * follow it.
   *
   * It is called for a client that has no last event ID and no `from`, and after every `reset`. It may return a promise.
   * Then the events that are published until it resolves follow too, although the state may contain them already.
   *
   * @default none: no snapshot is sent
   */
  snapshot?(): unknown;
}

/**
 * Where an error of a channel happened.
 *
 * - `publish`: in a call of `publish` or `end`.
 * - `source`: in a source of `publishAll`.
 * - `tail`: while the log was followed, for instance because it cannot be reached.
 * - `hook`: in a hook of the app.
 * - `close`: while an idle channel was closed.
 */
export type ChannelStage = "publish" | "source" | "tail" | "hook" | "close";

/**
 * The options of a channel.
 *
 * @example
 * createChannel({ history: { events: 10_000, age: 300_000 } });
 */
export interface ChannelOptions<Events = any> {
  /**
   * What the channel's own `MemoryLog` keeps. It cannot be given together with `log`.
   *
   * @default `{ events: 10_000, bytes: 16 * 1024 * 1024, age: 300_000 }`
   */
  history?: History;
  /**
   * The log that the events are published to, such as one that many nodes share. The channel closes it.
   *
   * @default a `MemoryLog`
   */
  log?: EventLog;
  /**
   * Makes text of data that is not a string. It is called once for each event, and not for each subscriber.
   *
   * @default `JSON.stringify`
   */
  serialize?: Serialize;
  /**
   * Validators of the data, by event type. They may be of any library that supports Standard Schema. What a validator
   * returns is published, and an event that it refuses is not.
   *
   * TypeScript takes the channel's event map from the schemas' input types, unless one is given as a type argument. A
   * schema whose input type does not fit the data of the given map is an error of the compiler.
   *
   * @default none
   * @example
   * const prices = createChannel({ schemas: { tick: z.object({ price: z.number() }) } });
   */
  schemas?: { readonly [Type in keyof Events]?: StandardSchema<Events[Type], unknown> };
  /**
   * Milliseconds for which events are collected, so that they are sent to a client in one write.
   *
   * @default the events of one turn of the event loop are sent in one write
   */
  flushInterval?: number;
  /**
   * Called when a stream has subscribed.
   *
   * @default none
   */
  onSubscribe?(stream: EventStream): void;
  /**
   * Called when a stream is no longer subscribed, because it left or because it closed.
   *
   * @default none
   */
  onUnsubscribe?(stream: EventStream): void;
  /**
   * Called when a client reads too slowly: 64 KiB that were sent to it are unread. It gets the next events from the log
   * when it has read them.
   *
   * @default none
   */
  onLag?(stream: EventStream): void;
  /**
   * Called when a client has missed events that the log no longer has. It is sent a `reset`.
   *
   * @default none
   */
  onReset?(stream: EventStream, reason: ResetReason): void;
  /**
   * Makes the last event that `end()` publishes after a source of `publishAll` has failed. The clients see it, and they do
   * not see the error's own message.
   *
   * @default `{ event: "failed" }`
   */
  describeError?(error: unknown): { event?: string; data?: unknown } | undefined;
  /**
   * Called with the errors of hooks, of the log, and of `publish`, `publishAll` and `end`, which also reject with them.
   *
   * When the log cannot be read or followed, the streams that wait for it are closed, and the stream's own `onError` is
   * called too.
   *
   * @default `console.error`
   */
  onError?(error: unknown, context: { readonly stage: ChannelStage }): void;
}

/**
 * A channel: what is published to it is sent to all its subscribers.
 *
 * The type argument is an event map: an object type that has the event types as keys, and the types of their data as
 * values. Without one, events of any type are accepted. A function that takes a `Channel` takes any channel.
 *
 * @example
 * const prices: Channel<{ tick: { price: number }; halt: { reason: string } }> = createChannel();
 */
export interface Channel<Events = any> {
  /**
   * Publishes an event. Its id is given by the log.
   *
   * The promise need not be awaited, because its error is also passed to `onError`. With a `MemoryLog`, the event is on
   * its way to the subscribers when the call returns. One exception: during a call of a filter or a hook, it is sent after
   * the event that is just being sent.
   *
   * @returns the id, when the log has stored the event.
   * @throws {SseError} as a rejection, and nothing was published: `ERR_SSE_INVALID_FIELD`, `ERR_SSE_INVALID_DATA` (with
   *   `issues` if a schema refused the data), `ERR_SSE_CHANNEL_ENDED`, `ERR_SSE_CHANNEL_CLOSED`, or an error of the log.
   * @example
   * await prices.publish({ event: "tick", data: { price: 120 }, topic: "AAPL" });
   */
  publish<Type extends string>(message: ChannelMessage<Events, Type>): Promise<string>;

  /**
   * Publishes all items of a source, one after another, also while there are no subscribers.
   *
   * The ids, the comments and the `retry` of the items are not published. The promise need not be awaited, because its
   * error is also passed to `onError`.
   *
   * @returns `true` when the source is exhausted, and `false` if the channel was closed before.
   * @throws what the source or `publish` throws, as a rejection. The channel's last event is then `failed`: see `end`.
   * @example
   * prices.publishAll(async function* ({ signal }) {
   *   for await (const tick of ticks(signal)) yield { event: "tick", data: tick };
   * });
   */
  publishAll(source: ChannelSource<ChannelItem<Events>>): Promise<boolean>;

  /**
   * Subscribes a stream. It gets the events after its client's last event ID. A client without one begins where `from`
   * says.
   *
   * A stream has at most one subscription. For a stream that is closed, nothing happens.
   *
   * @throws {SseError} `ERR_SSE_SUBSCRIBED`, `ERR_SSE_INVALID_STREAM`, `ERR_SSE_INVALID_OPTION`,
   *   `ERR_SSE_CHANNEL_CLOSED`
   * @example
   * prices.subscribe(res.sse(), { topics: ["AAPL", "MSFT"] });
   */
  subscribe(stream: EventStream, options?: SubscribeOptions<Events>): Subscription;

  /**
   * Ends the channel for good. Its subscribers get all events that were published before and a last event, and then
   * their streams end. The same holds for clients that subscribe later. On a closed channel, nothing happens.
   *
   * The last event has type `end`, unless the message names another. `end` waits for `publishAll`, so a source must not
   * await it. If a source of `publishAll` has failed, the message is not sent. The last event is then `failed`, or what
   * `describeError` returns.
   *
   * @throws the error of a source that has failed, as a rejection. The last event was published before.
   * @example
   * await prices.end();
   * await prices.end({ event: "halt", data: { reason: "The market is closed." } });
   */
  end<Type extends string>(message?: ChannelEnd<Events, Type>): Promise<void>;

  /**
   * Closes the channel in this process. Its streams close, and their clients may come back. The signals of its sources
   * abort, and its log is closed.
   */
  close(): Promise<void>;

  /** The number of subscribers. */
  readonly size: number;

  /** The number of subscribers of each topic. */
  readonly topics: ReadonlyMap<string, number>;

  /** The status of the log, for a health check: whether it can be reached. */
  readonly status: EventLog["status"];
}
