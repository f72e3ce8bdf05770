// @ts-check
import { fileURLToPath } from "node:url";
import { sse } from "@ssekit/express";
import express from "express";
import { explain } from "./explain.js";

const publicFolder = fileURLToPath(new URL("public", import.meta.url));

/** The maximum length of a prompt in characters. There is a limit because an answer costs money. */
const maxPrompt = 1000;

/**
 * @param {object} options
 * @param {import("./model.js").Upstream} options.upstream
 * @param {ReturnType<typeof import("./answers.js").createAnswers>} options.answers
 * @param {import("@ssekit/express").EventStreamServer} options.events
 */
export function createApp({ upstream, answers, events }) {
  const app = express();
  app.use(sse(events));
  app.use(express.static(publicFolder));
  app.use(sameOrigin);

  app.post("/answers", express.urlencoded(), (req, res) => {
    const id = answers.start(checkPrompt(req.body?.prompt));
    res.status(201).location(`/answers/${id}`).type("text").send(id);
  });

  // Sends the answer from its start. An EventSource that comes back continues after the last event that it received.
  app.get("/answers/:id", (req, res) => {
    findAnswer(req.params.id).subscribe(res.sse(), { from: "start" });
  });

  app.post("/answers/:id/stop", (req, res) => {
    findAnswer(req.params.id);
    answers.stop(req.params.id);
    res.sendStatus(204);
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
   * An unknown answer is no stream. EventSource takes the 404 as final.
   * @param {string} id
   */
  function findAnswer(id) {
    const answer = answers.get(id);
    if (answer === undefined) throw refusal(404, "There is no such answer, or it is no longer kept.");
    return answer;
  }
}

/** @param {unknown} prompt */
function checkPrompt(prompt) {
  if (typeof prompt === "string" && prompt.trim() !== "" && prompt.length <= maxPrompt) return prompt;
  throw refusal(400, `prompt: expected 1 to ${maxPrompt} characters`);
}

/**
 * Refuses requests from pages of other sites. Otherwise a form on such a page could ask a question, or stop an answer, in
 * the name of a visitor.
 * @param {import("express").Request} req
 * @param {import("express").Response} _res
 * @param {import("express").NextFunction} next
 */
function sameOrigin(req, _res, next) {
  const site = req.get("Sec-Fetch-Site") ?? "none"; // curl sends none
  if (req.method !== "POST" || site === "same-origin" || site === "none") next();
  else next(refusal(403, "Only this server's own page may ask."));
}

/**
 * @param {number} status
 * @param {string} message
 */
function refusal(status, message) {
  return Object.assign(new Error(message), { status });
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
  res.status(status).json({ error: message });
}
