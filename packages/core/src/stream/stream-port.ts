import type { Frame } from "../format/frame.js";
import { SseError, describe } from "../sse-error.js";
import type { EventStream } from "./event-stream.js";
import type { RequestedId } from "./last-event-id.js";

/** The key of a stream's port. Registered, so that a channel of one copy of this package takes streams of another. */
export const PORT = Symbol.for("ssekit.stream/1");

/** What a stream is for a channel. */
export interface StreamPort {
  /** What the request said about the last event the client saw. After a first subscription: nothing. */
  readonly requested: RequestedId;
  /** The stream takes nothing more. */
  readonly isClosing: boolean;
  /** As much waits for the client as may be sent ahead of it. */
  readonly isCongested: boolean;
  /** Timers belong to the stream's request, as in a Worker. */
  readonly ownTimer: boolean;
  /** Binds the stream to a subscription. @throws {SseError} `ERR_SSE_SUBSCRIBED` */
  attach(subscription: PortSubscription): void;
  detach(): void;
  /** Sends a frame. `id`: the id in it, if there is one. `flush`: at the end of this turn, else when `flush` is called. */
  sendFrame(frame: Frame, id: string | undefined, flush: boolean): void;
  flush(): void;
  /** Resolves when nothing waits for the client any more, with `false` if the stream has closed meanwhile. */
  drained(): Promise<boolean>;
  /** Finishes the stream: with the usual last event, whose id is this place and `~end`. */
  finishAt(place: string): void;
  /** Finishes the stream: its last event has been sent. */
  finish(): void;
  /** Closes the stream; the client may come back. */
  close(): void;
  /** Reports an error and closes the stream with it. */
  fail(error: unknown): void;
  /** Reports an error. */
  report(error: unknown): void;
}

/** What a stream asks of its subscription. */
export interface PortSubscription {
  /** The stream has closed. */
  streamClosed(): void;
  /** Sends a heartbeat that carries the cursor, if the client needs one. `false`: it does not. */
  heartbeat(): boolean;
  /** Keeps a frame of the program's own until the events before it have been sent. `false`: they have been. */
  defer(frame: Frame): boolean;
  /** Calls `end` when all that was published until now has been sent. `false`: it has been. */
  deferEnd(end: () => void): boolean;
  /** Goes on without the snapshot that it waits for. */
  skipSnapshot(): void;
  /** Sends what is kept by `defer`: the stream is about to close. */
  release(): void;
  /** Resolves when nothing is kept by `defer` any more; `undefined`: nothing is. */
  released(): Promise<void> | undefined;
  /** How far it has come in the log, if it has begun. */
  readonly cursor: string | undefined;
  /** Memory in bytes that the frames kept by `defer` take. */
  readonly bufferedBytes: number;
}

/** @throws {SseError} `ERR_SSE_INVALID_STREAM` */
export function portOf(stream: EventStream): StreamPort {
  const open = (stream as { [PORT]?: () => StreamPort } | null | undefined)?.[PORT];
  if (typeof open !== "function") {
    throw new SseError(
      "ERR_SSE_INVALID_STREAM",
      `subscribe: expected an EventStream of ssekit, got ${describe(stream)}`,
    );
  }
  return open.call(stream);
}
