// @ts-check
import { setTimeout as wait } from "node:timers/promises";

/** The tokens of many answers do not arrive in the same turn. */
const SLICES = 10;
const PAUSE_MS = 8;

/** The sources of running answers: a stream of items for each key, made by `open`. */
export class Tokens {
  /** @type {Map<string, ReadableStreamDefaultController>} */
  #controllers = new Map();

  /** @param {string} key @returns {ReadableStream} */
  open(key) {
    return new ReadableStream({ start: (controller) => void this.#controllers.set(key, controller) });
  }

  /**
   * Adds an item to every stream.
   * @param {() => unknown} makeItem is called for each stream, as each answer has a text of its own
   */
  async push(makeItem) {
    const all = [...this.#controllers.values()];
    const size = Math.ceil(all.length / SLICES);
    for (let from = 0; from < all.length; from += size) {
      for (const controller of all.slice(from, from + size)) controller.enqueue(makeItem());
      if (from + size < all.length) await wait(PAUSE_MS);
    }
  }
}
