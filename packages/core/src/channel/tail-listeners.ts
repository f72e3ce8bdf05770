import { callSafely } from "../stream/hooks.js";
import type { Entry, News } from "./event-log.js";

type Listener = (news: News) => void;

/** The listeners of a log in this process: all are told of the same entries in the same order. */
export class TailListeners {
  readonly #listeners = new Set<{ readonly listener: Listener }>();
  readonly #untold: (readonly Entry[])[] = [];
  #telling = false;
  #told = 0;

  /** The position up to which the calls of all listeners have returned. */
  get told(): number {
    return this.#told;
  }

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
  tell(entries: readonly Entry[]): void {
    this.#untold.push(entries);
    if (this.#telling) return;
    this.#telling = true;
    for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
      const news: News = { entries: next };
      for (const { listener } of this.#listeners) {
        callSafely(
          () => listener(news),
          (error) => console.error(error),
        );
      }
      this.#told += next.length;
    }
    this.#telling = false;
  }
}
