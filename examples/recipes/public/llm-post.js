// @ts-check
import { isUpstreamError, relay } from "@ssekit/relay";

const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
const prompt = /** @type {HTMLInputElement} */ (document.querySelector("input"));
const stop = /** @type {HTMLButtonElement} */ (document.querySelector("#stop"));
const answer = /** @type {HTMLElement} */ (document.querySelector("#answer"));
const error = /** @type {HTMLElement} */ (document.querySelector("#error"));

let leave = new AbortController();
stop.addEventListener("click", () => leave.abort());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  leave.abort(); // stop reading the previous answer
  const { signal } = (leave = new AbortController());
  answer.textContent = error.textContent = "";
  stop.disabled = false;
  try {
    await ask(prompt.value, signal);
  } catch (reason) {
    if (!signal.aborted) error.textContent = explain(reason);
  }
  if (leave.signal === signal) stop.disabled = true;
});

/**
 * @param {string} question
 * @param {AbortSignal} signal
 */
async function ask(question, signal) {
  const response = await fetch("/answer", {
    method: "POST",
    headers: { accept: "text/event-stream", "content-type": "application/json" },
    body: JSON.stringify({ prompt: question }),
    signal,
  });
  const messages = relay(response, {
    // The server finishes with one of these two events. If neither arrives, the answer is not complete, and `relay` throws.
    doneOn: ({ event }) => event === "end" || event === "failed",
    forwardDone: true,
    signal,
  });
  for await (const { event, data } of messages) {
    if (event === "word") answer.textContent += JSON.parse(data).text;
    if (event === "failed") error.textContent = JSON.parse(data).error;
  }
}

/** @param {any} reason */
function explain(reason) {
  if (isUpstreamError(reason)) {
    try {
      return JSON.parse(reason.upstreamBody ?? "").error;
    } catch {
      return `The server answered ${reason.upstreamStatus}.`; // for example, the answer of a proxy
    }
  }
  return reason.code === undefined ? "The server cannot be reached." : "The answer broke off.";
}
