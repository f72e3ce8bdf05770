import { callSafely } from "../stream/hooks.js";
import type { Entry, News } from "./event-log.js";

type Listener = (news: News) => void;

/** The listeners of a log in memory. All of them are told the same entries in the same order. */
export class TailListeners {
  /** The position up to which the calls of all listeners have returned. */
  told = 0;
  readonly #listeners = new Set<{ readonly listener: Listener }>();
  readonly #untold: (readonly Entry[])[] = [];

  /**
   * Adds a listener, which is told every entry after `told`. If it is added during a call of another listener, it is
   * also told the current entries, because iterating over a set includes what is added meanwhile.
   *
   * @returns a function that removes the listener.
   */
  add(listener: Listener): () => void {
    const added = { listener };
    this.#listeners.add(added);
    return () => void this.#listeners.delete(added);
  }

  /**
   * Tells the listeners entries that were stored together. Entries appended by a listener are delivered after the
   * current entries have reached every listener. An error thrown by one listener does not reach the others or the
   * caller.
   */
  tell(stored: readonly Entry[]): void {
    if (this.#untold.push(stored) > 1) return; // the outer call of this method tells these entries too
    for (; this.#untold.length > 0; this.#untold.shift()) {
      const entries = this.#untold[0]!;
      for (const { listener } of this.#listeners) {
        callSafely(() => listener({ entries }), console.error);
      }
      this.told += entries.length;
    }
  }
}
