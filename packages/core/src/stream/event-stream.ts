import type { Given, StreamEnd, StreamMessage } from "../format/event-map.js";
import type { EventMessage } from "../format/message.js";
import type { Subscription } from "./subscription.js";

declare global {
  // Global, so that the ESM and the CommonJS copies of these types share what an app declares.
  namespace Ssekit {
    /**
     * The properties that the app keeps on `stream.context`.
     *
     * @example
     * declare global {
     *   namespace Ssekit {
     *     interface StreamContext {
     *       userId: string;
     *     }
     *   }
     * }
     */
    interface StreamContext {}
  }
}

/**
 * Why a stream closed.
 *
 * - `client`: the client left.
 * - `ended`: the program called `end()`, or the source is exhausted.
 * - `closed`: the program called `close()`, or the channel was closed.
 * - `slow`: the client did not read for `stallTimeout`, or had more than `maxBufferedBytes` unread.
 * - `expired`: the stream was open for `maxAge`, or until `expiresAt`.
 * - `draining`: the server shuts down.
 * - `refused`: the stream never opened, because the server has `maxStreams` already, or because the response waits on
 *   its connection behind another stream.
 * - `error`: the source or the connection failed.
 */
export type CloseReason =
  | "client"
  | "ended"
  | "closed"
  | "slow"
  | "expired"
  | "draining"
  | "refused"
  | "error";

/** One open response, on which messages are sent. */
export interface EventStream<Events = any> {
  /**
   * Sends a message. A string is sent as the data of a message.
   *
   * `false` means that the stream is closed. It does not mean "wait for drain" as it does for `write()` of a Node
   * stream: to wait until the client has read, await `drained()`. All messages of one turn of the program leave in
   * one write.
   *
   * @returns `false` when the stream is closed. This includes a stream that was closed by this call, because the
   *   client had more than `maxBufferedBytes` unread. To send on a closed stream is not an error.
   * @throws {SseError} `ERR_SSE_INVALID_FIELD`, `ERR_SSE_INVALID_DATA`: a mistake of the program, such as a second
   *   argument. Nothing was sent.
   * @example
   * stream.send({ event: "tick", id: "7", data: { now: Date.now() } });
   * stream.send("only data");
   */
  send(message: StreamMessage<Events>): boolean;

  /**
   * Sends a comment, which clients ignore. Without a text it sends the shortest one, `:`.
   *
   * @returns `false` when the stream is closed.
   * @example
   * stream.comment("still working");
   */
  comment(text?: string): boolean;

  /**
   * Sends all items of a source as fast as the client reads them. The stream stays open afterwards.
   *
   * When the client leaves, the source's iterator is returned at once.
   *
   * @param toMessage makes a message of each item. Without it, the items are messages.
   * @returns `false` when the stream was closed before the source was exhausted.
   * @throws what the source throws, as a rejection. The stream stays open.
   * @example
   * await stream.sendAll(rows, (row) => ({ event: "row", data: row }));
   * stream.end();
   */
  sendAll(source: Source<StreamMessage<Events>, Events>): Promise<boolean>;
  /** Sends all items of a source, each made into a message by `toMessage`. */
  sendAll<T>(
    source: Source<T, Events>,
    toMessage: ((item: T) => StreamMessage<Events>) | undefined,
  ): Promise<boolean>;

  /**
   * Resolves with `true` when everything that was sent has left the stream's buffer, and with `false` if the stream
   * closed before.
   */
  drained(): Promise<boolean>;

  /**
   * Closes the stream after everything that was sent. The client may come back: EventSource reconnects by itself. To
   * finish for good, call `end()`.
   *
   * @throws {SseError} `ERR_SSE_INVALID_OPTION`
   * @example
   * stream.close({ retry: 60_000 }); // the client comes back in a minute
   */
  close(options?: CloseOptions): void;

  /**
   * Finishes the stream for good, with a last event. EventSource reconnects once, is answered `204 No Content`, and
   * stops.
   *
   * The server knows such a client by the id of the last event, which ends in `~end`. The type of that event is
   * `end`, unless the message names another one.
   *
   * @throws {SseError} `ERR_SSE_INVALID_FIELD`, `ERR_SSE_INVALID_DATA`, or `ERR_SSE_SUBSCRIBED` for a message with an
   *   id on a stream that is subscribed to a channel.
   * @example
   * stream.end();
   * stream.end({ event: "result", data: { total: 12 } });
   */
  end(message?: StreamEnd<Events>): void;

  /**
   * A signal that aborts when the stream closes. Its reason is an `AbortError` whose `cause` is the `CloseReason`.
   */
  readonly signal: AbortSignal;

  /** A promise that resolves with the reason when the response is over. It never rejects. */
  readonly closed: Promise<CloseReason>;

  /**
   * The last event ID of the request: the `Last-Event-ID` header, or else the query parameter `lastEventId`. The
   * client chooses it, so check it before use.
   */
  readonly lastEventId: string | undefined;

  /** The number of bytes that were sent on this stream and have not left the process. */
  readonly bufferedBytes: number;

  /**
   * An object of the app's own, for such things as a user id. It is empty at first, and its properties are declared
   * in the global interface `Ssekit.StreamContext`.
   */
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- the app fills it
  context: Partial<Ssekit.StreamContext>;
}

/**
 * How `close()` closes a stream.
 *
 * @example
 * stream.close({ retry: 60_000 });
 */
export interface CloseOptions {
  /**
   * Milliseconds after which the client comes back, as its new reconnection time.
   *
   * @default the reconnection time that the client has
   */
  retry?: number;
}

/**
 * Something that yields items one after another. A bare string is not allowed, since it would be sent letter by
 * letter.
 */
export type Items<T> = AsyncIterable<T> | (Iterable<T> & object) | ReadableStream<T>;

/**
 * What a stream sends: items, or a function that is called with the stream and may return items.
 *
 * The function is usually an `async function*`. What it returns decides when the stream ends:
 *
 * - Items: when they have been sent.
 * - A promise of nothing, as of an `async` function: when it resolves, unless the stream is subscribed to a channel
 *   then.
 * - Nothing, or a subscription: the stream stays open until `close()`, `end()`, or the client leaves.
 */
export type Source<T = EventMessage | string, Events = any> =
  | Items<T>
  | ((
      stream: EventStream<Events>,
    ) => Items<T> | Subscription | void | Promise<Items<T> | Subscription | void>);

/**
 * What `sse` of an adapter and `respond` send: a source of messages. With an event map as a type argument, as in
 * `res.sse<Events>(source)`, the messages and the function's stream have the types of the map.
 */
export type MessageSource<Events = any> = Source<StreamMessage<Given<Events>>, Given<Events>>;
