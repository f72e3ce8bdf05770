import type { Frame } from "../format/frame.js";

/** The seam to a runtime: where the frames of one stream go. Its exchange makes it when it begins. */
export interface Sink {
  /** Hands the frames on in one piece. `false`: handed on, but wait for `sinkDrained` before the next. */
  write(frames: readonly Frame[]): boolean;
  /** Bytes handed to `write` that have not left the process. */
  readonly bufferedBytes: number;
  /** Calls `flush` once when the program's current turn is over, so that what it sent leaves in one write. */
  schedule(flush: () => void): void;
  /** Ends the response after all that was written. `last`: the connection is not used again. */
  end(last?: boolean): void;
  /** Sends the head by itself. Left out where it leaves without that; otherwise it leaves with the first frame. */
  sendHead?(): void;
  /**
   * Breaks the response off after all that was written, so that the client sees that it was not ended. `last`: the
   * connection is not used again.
   */
  breakOff(last?: boolean): void;
  /** Drops what is unsent and cuts the response off. `last`: the connection is not used again. */
  abort(last?: boolean): void;
}

/** Hears of a sink, and of its exchange before there is one. */
export interface SinkOwner {
  /** The frames of a `write` that returned `false` have left, or enough of them. */
  sinkDrained(): void;
  /** All is sent after `end` or `breakOff`, or the client is gone, with the error if there was one. */
  sinkClosed(error?: Error): void;
}
