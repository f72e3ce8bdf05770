// @ts-check
import { randomUUID } from "node:crypto";
import { createChannels } from "@ssekit/express";
import { explain } from "./explain.js";
import { ask } from "./model.js";

/**
 * Keeps answers by id. Each answer is a channel: it continues while no client is connected, and a client that comes late or
 * comes back gets all of it. Ids cannot be guessed, so a client that has an id may read the answer and stop it.
 * @param {import("./model.js").Upstream} upstream
 */
export function createAnswers(upstream) {
  // An answer is kept complete until it has ended, and for ten minutes after that.
  const channels = createChannels({ history: { complete: true, keep: 10 * 60_000, maxBytes: 1 << 20 } });
  /** @type {Map<string, { stop: AbortController, ended: Promise<void> }>} the answers that are being written */
  const running = new Map();

  return {
    /**
     * The answer of this id, if there is one.
     * @param {string} id
     */
    get: (id) => channels.get(id),

    /**
     * Asks upstream, once. Returns the id of the answer.
     * @param {string} prompt
     */
    start(prompt) {
      const id = randomUUID();
      const answer = channels.getOrCreate(id);
      const stop = new AbortController();
      void answer.publishAll(({ signal }) => write(prompt, AbortSignal.any([signal, stop.signal])));
      const ended = answer.end({ event: "done" }).finally(() => running.delete(id)); // when all of that is published
      running.set(id, { stop, ended });
      return id;
    },

    /**
     * Aborts the request to upstream. The answer ends at this point, for all its readers.
     * @param {string} id
     */
    stop: (id) => running.get(id)?.stop.abort(),

    async stopAll() {
      for (const { stop } of running.values()) stop.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };

  /**
   * Yields the question and the provider's events. If the answer is not complete, the last event says why.
   * @param {string} prompt
   * @param {AbortSignal} signal
   */
  async function* write(prompt, signal) {
    yield { event: "question", data: { prompt } };
    try {
      yield* ask(upstream, prompt, signal);
    } catch (error) {
      if (signal.aborted) yield { event: "stopped" };
      // Not `error`: that name would reach the handler of EventSource's own error event.
      else yield { event: "failed", data: { message: explain(error).message } };
    }
  }
}
