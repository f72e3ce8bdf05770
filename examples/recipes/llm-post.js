// @ts-check
// A language model's answer to a POST of a page's `fetch`, with errors that the page can show. The page reads it with the
// same `relay` that servers use: public/llm-post.js.
//
//   node examples/recipes/llm-post.js                          and open http://127.0.0.1:3000 in a browser
//   curl -N -H "Accept: text/event-stream" --json '{"prompt":"hello"}' http://127.0.0.1:3000/answer
//   ... '{"prompt":"/busy"}'     fails before the first word: status 503 and JSON
//   ... '{"prompt":"/break"}'    fails in the middle: the last event is `failed`
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EventStreamServer, sse } from "@ssekit/express";
import express from "express";
import { start } from "./start.js";

const events = new EventStreamServer();
const app = express();
app.use(sse(events));

app.post("/answer", express.json(), (req, res) => {
  res.sse(({ signal }) => ask(String(req.body?.prompt), signal), {
    // After the first word it is too late for another status. Without this the connection would break off, so that
    // nobody takes half of an answer for all of it; with it the client is also told why. Not the error's own words, which
    // may be about keys and accounts.
    describeError: () => ({
      event: "failed",
      data: { error: "The model stopped in the middle of its answer." },
    }),
  });
});

/**
 * Stands for `yield* relay(await fetch(provider, { method: "POST", body, signal }), { doneOn: "[DONE]" })`.
 * @param {string} prompt
 * @param {AbortSignal} signal aborts when the client leaves, so that an answer that nobody reads is not paid for
 */
async function* ask(prompt, signal) {
  if (prompt === "/busy") throw Object.assign(new Error("The model is overloaded."), { status: 503 });
  for (const [index, word] of `You said: ${prompt}. I hear that a lot.`.split(" ").entries()) {
    if (prompt === "/break" && index === 3) throw new Error("Connection to account 4711 lost");
    yield { event: "word", data: { text: `${word} ` } };
    await wait(50, undefined, { signal });
  }
}

// The page loads the packages as they are, by an import map. With a bundler nothing of this is needed.
for (const name of ["relay", "core"]) {
  const entry = fileURLToPath(import.meta.resolve(`@ssekit/${name}`));
  app.use(`/modules/${name}`, express.static(dirname(entry)));
}
const page = fileURLToPath(new URL("public/llm-post.html", import.meta.url));
app.get("/", (_req, res) => res.sendFile(page));
app.use(express.static(dirname(page)));

app.use(
  /**
   * An error before the first word comes here like any other.
   * @param {{ status?: number, message: string }} error
   * @param {import("express").Request} _req
   * @param {import("express").Response} res
   * @param {import("express").NextFunction} _next
   */
  ({ status, message }, _req, res, _next) => {
    res.status(status ?? 500).json({ error: status === undefined ? "Something went wrong." : message });
  },
);

start(app, events);
