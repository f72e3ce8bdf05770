// @ts-check
import { relay } from "@ssekit/relay";

/**
 * @typedef {object} Upstream an OpenAI-compatible endpoint
 * @property {string} baseUrl ends in `/v1`
 * @property {string} model
 * @property {string} [apiKey]
 * @property {ReturnType<typeof import("./counters.js").createCounters>} counters
 * @property {boolean} [countsItself] true: the endpoint counts its calls; otherwise they are counted here
 */

/**
 * Asks the model and yields the provider's events as they arrive, up to `[DONE]`. Each event is complete. Throws if the
 * provider refuses the request, or if the answer breaks off or contains an error. When `signal` aborts, the request to
 * upstream is aborted too.
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
    for await (const message of relay(response, { doneOn: "[DONE]", signal })) {
      // Some providers have no other way to tell of an error after the first token.
      const { error } = JSON.parse(message.data);
      if (error) throw Object.assign(new Error(String(error.message)), { code: "PROVIDER_ERROR" });
      yield message;
    }
    outcome = "completed";
  } finally {
    if (!countsItself) counters.add(signal.aborted ? "aborted" : outcome);
  }
}
