// @ts-check
import { randomUUID } from "node:crypto";
import { createChannels } from "@ssekit/express";
import { explain } from "./explain.js";
import { ask } from "./model.js";

/**
 * Answers by id, each a channel: it goes on with nobody connected, and whoever comes late, or comes back, gets all of
 * it. Ids cannot be guessed: who has one may read the answer, and stop it.
 * @param {import("./model.js").Upstream} upstream
 */
export function createAnswers(upstream) {
  // Each is kept whole until it has ended, and for ten minutes after.
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
     * Aborts the request upstream. The answer ends as it is, for all its readers.
     * @param {string} id
     */
    stop: (id) => running.get(id)?.stop.abort(),

    async stopAll() {
      for (const { stop } of running.values()) stop.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };

  /**
   * The question, and the provider's events. An answer that is not complete ends with an event that says why.
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
