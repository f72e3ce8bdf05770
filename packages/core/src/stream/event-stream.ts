import type { EventMessage } from "../format/message.js";
import type { Subscription } from "./subscription.js";

declare global {
  // Global, so that what an app declares is there in all copies of these types.
  namespace Ssekit {
    /**
     * What the app keeps on a stream.
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
 * Why a stream closed: the client left (`client`); `end()` or an exhausted source (`ended`); `close()` (`closed`);
 * the client did not read (`slow`); it was open for `maxAge` or until `expiresAt` (`expired`); the server shuts down (`draining`); it was
 * never opened, for the server has too many (`refused`); the source or the connection failed (`error`).
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

/** One open response. */
export interface EventStream {
  /**
   * Sends a message; a string is its data. All that is sent in one turn of the program leaves in one write.
   *
   * @returns `false` when the stream is closed, also when it was closed just now because the client has more than
   *   `maxBufferedBytes` unread. A closed stream is no exception.
   * @throws {SseError} `ERR_SSE_INVALID_FIELD`, `ERR_SSE_INVALID_DATA`: a mistake of the program, such as a second
   *   argument. Nothing was sent.
   */
  send(message: EventMessage | string): boolean;

  /** Sends a comment, which clients ignore. Without text, the shortest: `:`. */
  comment(text?: string): boolean;

  /**
   * Sends all items of a source as fast as the client reads them. Does not end the stream. When the client leaves,
   * the source's iterator is returned at once.
   *
   * @param toMessage makes a message of each item. Default: the item is the message.
   * @returns `false` when the stream was closed before the source was exhausted.
   * @throws what the source throws, as a rejection. The stream stays open.
   */
  sendAll<T = EventMessage | string>(
    source: Source<T>,
    toMessage?: (item: T) => EventMessage | string,
  ): Promise<boolean>;

  /** Resolves when all that was sent has been handed to the system, with `false` if the stream closed meanwhile. */
  drained(): Promise<boolean>;

  /**
   * Closes the stream after what was sent. The client may come back: EventSource does after its reconnection time.
   *
   * @param options `retry`: a new reconnection time, in milliseconds.
   * @throws {SseError} `ERR_SSE_INVALID_OPTION`
   */
  close(options?: CloseOptions): void;

  /**
   * Finishes the stream for good: sends a last event (type `end`, unless the message names another) with an id that
   * ends in `~end`, on which a reconnecting client is answered `204 No Content` and stops.
   */
  end(message?: EventMessage): void;

  /** Aborts when the stream closes. Its reason is an `AbortError` whose `cause` is the `CloseReason`. */
  readonly signal: AbortSignal;

  /** Resolves with the reason when the response is over. Never rejects. */
  readonly closed: Promise<CloseReason>;

  /** The last event ID that the client came with: its header, else the query parameter `lastEventId`. Untrusted. */
  readonly lastEventId: string | undefined;

  /** Bytes sent to this stream that have not left the process. */
  readonly bufferedBytes: number;

  /** The app's own, such as a user id; empty at first. Its type is the global interface `Ssekit.StreamContext`. */
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- the app fills it
  context: Partial<Ssekit.StreamContext>;
}

/** How a stream closes. */
export interface CloseOptions {
  /** Milliseconds after which the client is to come back. */
  retry?: number;
}

/** Something that yields items one after another. A bare string is refused: it would be sent letter by letter. */
export type Items<T> = AsyncIterable<T> | (Iterable<T> & object) | ReadableStream<T>;

/**
 * What can be sent whole. A function is called with the stream and may return the items, usually as an
 * `async function*`. If it returns a promise of nothing, the stream ends with it, unless it is subscribed to a
 * channel; if it returns nothing at once, or a subscription, the stream stays open.
 */
export type Source<T = EventMessage | string> =
  | Items<T>
  | ((stream: EventStream) => Items<T> | Subscription | void | Promise<Items<T> | Subscription | void>);
