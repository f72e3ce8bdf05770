import type { Sink } from "./sink.js";

/** Something that collects what is sent in a turn of the program. */
export interface Flushable {
  readonly sink: Pick<Sink, "schedule">;
  /** The turn is over. */
  flushTurn(): void;
}

/** The streams to which something was sent in this turn: one callback flushes them all. */
export class FlushTurn {
  #waiting: Flushable[] = [];
  // The list of the turn before, to be used again.
  #spare: Flushable[] = [];

  add(flushable: Flushable): void {
    // All streams of a server are on one runtime, so any of them knows when the turn is over.
    if (this.#waiting.push(flushable) === 1) flushable.sink.schedule(this.#flush);
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = this.#spare;
    this.#spare = [];
    let flushed = 0;
    try {
      while (flushed < waiting.length) waiting[flushed++]!.flushTurn();
    } finally {
      // An error is of one stream. The others are flushed in a turn of their own.
      for (const flushable of waiting.slice(flushed)) this.add(flushable);
      waiting.length = 0;
      this.#spare = waiting;
    }
  };
}
