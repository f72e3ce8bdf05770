import type { EventStream } from "./event-stream.js";
import type { Frame } from "./frame.js";
import type { RequestedId } from "./last-event-id.js";
import { SseError, describe } from "./sse-error.js";

/** The key of a stream's port. Registered, so that a channel of one copy of this package takes streams of another. */
export const PORT = Symbol.for("ssekit.stream/1");

/** What a stream is for a channel. */
export interface StreamPort {
  /** What the request said about the last event the client saw. */
  readonly requested: RequestedId;
  /** The stream takes nothing more. */
  readonly closed: boolean;
  /** As much waits for the client as may be sent ahead of it. */
  readonly congested: boolean;
  /** Binds the stream to a subscription. @throws {SseError} `ERR_SSE_SUBSCRIBED` */
  attach(subscription: PortSubscription): void;
  detach(): void;
  /** Sends a frame. `id`: the id in it, if there is one. `flush`: in this turn, else when `flush` is called. */
  push(frame: Frame, id: string | undefined, flush: boolean): void;
  flush(): void;
  drained(): Promise<boolean>;
  /** Ends the stream for good: with the usual last event, after an id; without one: a last event has been sent. */
  end(after?: string): void;
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
  closed(): void;
  /** Sends a heartbeat that carries the cursor. `false`: the client has it. */
  heartbeat(): boolean;
  /** Keeps a frame of the program's own until what was published before it has been sent. `false`: all of that has. */
  defer(frame: Frame): boolean;
  /** Calls `end` when all that was published until now has been sent. `false`: it has been. */
  deferEnd(end: () => void): boolean;
  /** Sends what is kept by `defer`: the stream is about to close. */
  release(): void;
  /** How far it has come in the log, if it has begun. */
  readonly cursor: string | undefined;
  /** Bytes that are kept by `defer`. */
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
