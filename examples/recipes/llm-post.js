// @ts-check
// A language model's answer to a POST. The page sends the POST with `fetch`, reads the answer with the same `relay` that
// servers use, and can show errors: public/llm-post.js.
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
    // After the first word it is too late to send another status. Without this option, the connection breaks off, so that
    // no client takes half of an answer for all of it. With it, the client also learns the reason. The error's own message
    // is not sent, because it may contain keys and account numbers.
    describeError: () => ({
      event: "failed",
      data: { error: "The model stopped in the middle of its answer." },
    }),
  });
});

/**
 * In your app: `yield* relay(await fetch(provider, { method: "POST", body, signal }), { doneOn: "[DONE]" })`.
 * @param {string} prompt
 * @param {AbortSignal} signal aborts when the client leaves, so that you do not pay for an answer that nobody reads
 */
async function* ask(prompt, signal) {
  if (prompt === "/busy") throw Object.assign(new Error("The model is overloaded."), { status: 503 });
  for (const [index, word] of `You said: ${prompt}. I hear that a lot.`.split(" ").entries()) {
    if (prompt === "/break" && index === 3) throw new Error("Connection to account 4711 lost");
    yield { event: "word", data: { text: `${word} ` } };
    await wait(50, undefined, { signal });
  }
}

// The page loads the packages with an import map, without a bundler. With a bundler you do not need this.
for (const name of ["relay", "core"]) {
  const entry = fileURLToPath(import.meta.resolve(`@ssekit/${name}`));
  app.use(`/modules/${name}`, express.static(dirname(entry)));
}
const page = fileURLToPath(new URL("public/llm-post.html", import.meta.url));
app.get("/", (_req, res) => res.sendFile(page));
app.use(express.static(dirname(page)));

app.use(
  /**
   * An error before the first word arrives here, like any other error.
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
