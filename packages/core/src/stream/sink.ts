import type { Frame } from "../format/frame.js";

/** The body of one response, to which a stream writes its frames. An exchange makes it in `begin`. */
export interface Sink {
  /** Writes the frames in one piece. `false`: they are written, but the next call must wait for `sinkDrained`. */
  write(frames: readonly Frame[]): boolean;
  /** The number of bytes that were given to `write` and have not left the process. */
  readonly bufferedBytes: number;
  /** Calls `flush` once, when the program's current turn is over, so that its messages leave in one write. */
  schedule(flush: () => void): void;
  /** Ends the response after everything that was written. `last`: the connection is not used again. */
  end(last?: boolean): void;
  /** Sends the head without waiting for a first frame. Left out in a runtime that does so by itself. */
  sendHead?(): void;
  /**
   * Breaks the response off after everything that was written, so that the client sees that it is incomplete. `last`:
   * the connection is not used again.
   */
  breakOff(last?: boolean): void;
  /** Drops everything that is unsent and cuts the response off. `last`: the connection is not used again. */
  abort(last?: boolean): void;
}

/** The owner of a sink, which is told of drain and close. Before there is a sink, its exchange tells it. */
export interface SinkOwner {
  /** Called when the frames of a `write` that returned `false` have left, or enough of them. */
  sinkDrained(): void;
  /** Called with an error that does not close the response. */
  sinkMisused(error: Error): void;
  /**
   * Called when everything is sent after `end` or `breakOff`, or when the client is gone, with the error if there is
   * one.
   */
  sinkClosed(error?: Error): void;
}
