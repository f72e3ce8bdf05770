import type { Frame } from "../format/frame.js";
import { SseError, describe } from "../sse-error.js";
import type { EventStream } from "./event-stream.js";
import type { RequestedId } from "./last-event-id.js";

/**
 * The key of a stream's port. The symbol is registered, so that a channel of one copy of this package takes streams
 * of another.
 */
export const PORT = Symbol.for("ssekit.stream/1");

/** The interface of a stream for channels, which no app sees. */
export interface StreamPort {
  /**
   * What the request said about the last event that the client received. After a first subscription this is `NO_ID`.
   */
  readonly requested: RequestedId;
  /** Whether the stream takes nothing more. */
  readonly isClosing: boolean;
  /** Whether as many bytes wait for the client as may be sent ahead of it. */
  readonly isCongested: boolean;
  /** Whether a timer belongs to one request, as in a Worker. */
  readonly ownTimer: boolean;
  /**
   * Binds the stream to a subscription.
   *
   * @throws {SseError} `ERR_SSE_SUBSCRIBED`
   */
  attach(subscription: PortSubscription): void;
  /** Frees the stream of its subscription. */
  detach(): void;
  /**
   * Sends a frame.
   *
   * @param id the id in the frame, if there is one.
   * @param flush whether the frame leaves at the end of this turn. Otherwise it waits for a call of `flush`.
   */
  sendFrame(frame: Frame, id: string | undefined, flush: boolean): void;
  /** Lets the frames that wait leave at the end of this turn. */
  flush(): void;
  /**
   * Resolves with `true` when nothing waits for the client any more, and with `false` if the stream closed before.
   */
  drained(): Promise<boolean>;
  /** Finishes the stream for good with a last event of type `end`, whose id is the given place followed by `~end`. */
  finishAt(place: string): void;
  /** Finishes the stream for good, after its last event has been sent. */
  finish(): void;
  /** Closes the stream. The client may come back. */
  close(): void;
  /** Reports an error to the stream's `onError`, and closes the stream because of it. */
  fail(error: unknown): void;
  /** Reports an error to the stream's `onError`. */
  report(error: unknown): void;
}

/** The interface of a subscription for its stream. */
export interface PortSubscription {
  /** Tells the subscription that the stream takes nothing more. */
  streamClosed(): void;
  /** Sends a heartbeat that carries the cursor, if the client needs one. `false`: it needs none. */
  heartbeat(): boolean;
  /**
   * Keeps a frame of the program back until the events before it have been sent. `false`: they have all been sent.
   */
  defer(frame: Frame): boolean;
  /** Calls `end` when all events that were published until now have been sent. `false`: they have all been sent. */
  deferEnd(end: () => void): boolean;
  /** Goes on without the snapshot for which the subscription waits. */
  skipSnapshot(): void;
  /** Sends the frames that `defer` keeps, because the stream is about to close. */
  release(): void;
  /** Returns a promise that resolves when `defer` keeps no frame any more. `undefined`: it keeps none now. */
  released(): Promise<void> | undefined;
  /** The id of the place in the log that the subscription has reached, if it has begun. */
  readonly cursor: string | undefined;
  /** The memory, in bytes, of the frames that `defer` keeps. */
  readonly bufferedBytes: number;
}

/**
 * Returns the port of a stream, through which channels and adapters reach what apps do not see.
 *
 * @throws {SseError} `ERR_SSE_INVALID_STREAM`
 */
export function portOf(stream: EventStream): StreamPort {
  const getPort = (stream as { [PORT]?: () => StreamPort } | null | undefined)?.[PORT];
  if (typeof getPort !== "function") {
    throw new SseError(
      "ERR_SSE_INVALID_STREAM",
      `subscribe: expected an EventStream of ssekit, got ${describe(stream)}`,
    );
  }
  return getPort.call(stream);
}
