import type { Frame } from "./frame.js";

/** The seam to a runtime: where the frames of one stream go. Written to only after its exchange has begun. */
export interface Sink {
  /** Hands the frames on in one piece. `false`: handed on, but wait for drain before the next. */
  write(frames: readonly Frame[]): boolean;
  /** Bytes handed to `write` that have not left the process. */
  readonly bufferedBytes: number;
  /** Calls `flush` once when the program's current turn is over, so that what it sent leaves in one write. */
  schedule(flush: () => void): void;
  /** Calls the listener whenever a `write` that returned `false` has been worked off. */
  onDrain(listener: () => void): void;
  /** Calls the listener once: when all is sent after `end`, or the client is gone, with the error if there was one. */
  onClose(listener: (error?: Error) => void): void;
  /** Ends the response after all that was written. `last`: the connection is not used again. */
  end(last?: boolean): void;
  /** Drops what is unsent and cuts the response off. `last`: the connection is not used again. */
  abort(last?: boolean): void;
}
