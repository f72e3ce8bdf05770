import { callSafely } from "../stream/hooks.js";
import type { Entry, News } from "./event-log.js";

type Listener = (news: News) => void;

/** The listeners of a log in this process: all are told of the same entries in the same order. */
export class TailListeners {
  /** The position up to which the calls of all listeners have returned. */
  told = 0;
  readonly #listeners = new Set<{ readonly listener: Listener }>();
  readonly #untold: (readonly Entry[])[] = [];

  /**
   * The listener is told of what comes after `told`: also of the entries that the others are told of just now, since
   * a set that grows while it is iterated over is iterated over to its new end.
   *
   * @returns what removes it.
   */
  add(listener: Listener): () => void {
    const added = { listener };
    this.#listeners.add(added);
    return () => void this.#listeners.delete(added);
  }

  /**
   * Tells the listeners of entries that were stored together. Entries that a listener appends are told of after the
   * current ones have reached every listener. An error that a listener throws is nobody else's.
   */
  tell(stored: readonly Entry[]): void {
    if (this.#untold.push(stored) > 1) return; // the call that tells of those before tells of these too
    for (; this.#untold.length > 0; this.#untold.shift()) {
      const entries = this.#untold[0]!;
      for (const { listener } of this.#listeners) {
        callSafely(() => listener({ entries }), console.error);
      }
      this.told += entries.length;
    }
  }
}
