// @ts-check
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { sse } from "@ssekit/express";
import express from "express";
import { explain, refusal } from "./explain.js";
import { ask } from "./model.js";

const publicFolder = fileURLToPath(new URL("public", import.meta.url));

/** The maximum length of a prompt in characters. There is a limit because an answer costs money. */
const maxPrompt = 1000;

/**
 * @param {object} options
 * @param {import("./model.js").Upstream} options.upstream
 * @param {import("@ssekit/answers").Answers} options.answers
 * @param {import("@ssekit/express").EventStreamServer} options.events
 */
export function createApp({ upstream, answers, events }) {
  const app = express();
  app.use(sse(events));
  app.use(express.static(publicFolder));
  // The page imports these packages by name: its import map leads to these folders, so it needs no bundler.
  for (const name of ["marked", "dompurify"]) {
    app.use(`/modules/${name}`, express.static(dirname(fileURLToPath(import.meta.resolve(name)))));
  }
  app.use(sameOrigin);

  // Starts an answer. It is not started in the GET route, because EventSource repeats a GET whenever it reconnects.
  // The id cannot be guessed, so a client that has it may read the answer and stop it.
  app.post("/answers", express.urlencoded(), async (req, res) => {
    const prompt = checkPrompt(req.body?.prompt);
    const id = randomUUID();
    await answers.start(id, ({ signal }) => write(prompt, signal));
    res.status(201).location(`/answers/${id}`).type("text").send(id);
  });

  // Sends the answer from its start. An EventSource that comes back continues after the last event that it received.
  app.get("/answers/:id", async (req, res) => {
    // EventSource takes a 404 as final, and any other error too. So while the log of the answers cannot be reached, the stream
    // breaks off instead, and EventSource comes back.
    found(await answers.state(req.params.id).catch(() => "running"));
    answers.subscribe(req.params.id, res.sse());
  });

  // Stops the answer for all its readers. A reader that leaves does not stop it.
  app.delete("/answers/:id", async (req, res) => {
    res.json({ state: found(await answers.stop(req.params.id)) });
  });

  // A live feed. It is open until the client leaves, and EventSource opens it again after a break.
  app.get("/stats", (_req, res) => {
    const stream = res.sse();
    const unwatch = upstream.counters.watch((counts) => {
      stream.send({ event: "counts", data: { model: upstream.model, ...counts } });
    });
    void stream.closed.then(unwatch);
  });

  app.use(handleError);
  return app;

  /**
   * The source of an answer. The question is a part of it, so that a page that has only the id can show both.
   * @param {string} prompt
   * @param {AbortSignal} signal aborts when the answer is stopped
   */
  async function* write(prompt, signal) {
    yield { event: "question", data: { prompt } };
    yield* ask(upstream, prompt, signal);
  }
}

/** @param {import("@ssekit/answers").AnswerState} state */
function found(state) {
  if (state === "unknown") throw refusal(404, "There is no such answer, or it is no longer kept.");
  return state;
}

/** @param {unknown} prompt */
function checkPrompt(prompt) {
  if (typeof prompt === "string" && prompt.trim() !== "" && prompt.length <= maxPrompt) return prompt;
  throw refusal(400, `prompt: expected 1 to ${maxPrompt} characters`);
}

/**
 * Refuses requests from pages of other sites. Otherwise a form on such a page could ask a question in the name of a visitor.
 * @param {import("express").Request} req
 * @param {import("express").Response} _res
 * @param {import("express").NextFunction} next
 */
function sameOrigin(req, _res, next) {
  const site = req.get("Sec-Fetch-Site") ?? "none"; // curl sends none
  if (req.method === "GET" || req.method === "HEAD" || site === "same-origin" || site === "none") next();
  else next(refusal(403, "Only this server's own page may do that."));
}

/**
 * @param {unknown} error
 * @param {import("express").Request} _req
 * @param {import("express").Response} res
 * @param {import("express").NextFunction} next
 */
function handleError(error, _req, res, next) {
  if (res.headersSent) return next(error);
  const { status, message } = explain(error);
  if (status === 500) console.error(error);
  res.status(status).json({ error: message });
}
