// @ts-check
import { relay } from "@ssekit/relay";

/**
 * @typedef {object} Upstream an OpenAI-compatible endpoint
 * @property {string} baseUrl ends in `/v1`
 * @property {string} model
 * @property {string} [apiKey]
 * @property {ReturnType<typeof import("./counters.js").createCounters>} counters
 * @property {boolean} [countsItself] the endpoint counts what it sees; otherwise the calls are counted here
 */

/**
 * Asks the model and yields the provider's events, each whole, as they arrive, up to its `[DONE]`. Throws when the
 * answer is refused or breaks off. When `signal` aborts, so does the request upstream.
 * @param {Upstream} upstream
 * @param {string} prompt
 * @param {AbortSignal} signal
 */
export async function* ask({ baseUrl, apiKey, model, counters, countsItself }, prompt, signal) {
  /** @type {"completed" | "failed"} */
  let outcome = "failed";
  if (!countsItself) counters.add("called");
  try {
    const response = await fetch(`${baseUrl}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: prompt }] }),
      signal,
    });
    yield* relay(response, { doneOn: "[DONE]", signal });
    outcome = "completed";
  } finally {
    if (!countsItself) counters.add(signal.aborted ? "aborted" : outcome);
  }
}
