// @ts-check
import { fileURLToPath } from "node:url";
import { sse } from "@ssekit/express";
import express from "express";
import { explain } from "./explain.js";
import { ask } from "./model.js";

const publicFolder = fileURLToPath(new URL("public", import.meta.url));

/** In characters. The prompt travels in the address, and Node takes 16 KB of headers. */
const maxPrompt = 1000;

/**
 * @param {object} options
 * @param {import("./model.js").Upstream} options.upstream
 * @param {import("@ssekit/express").EventStreamServer} options.events
 */
export function createApp({ upstream, events }) {
  const app = express();
  app.use(sse(events));
  app.use(express.static(publicFolder));

  // An answer costs money: `once` keeps EventSource, which reconnects after every end, from buying a second one.
  app.get("/answer", sameOrigin, (req, res) => {
    const prompt = checkPrompt(req.query.prompt);
    res.sse(({ signal }) => answer(upstream, prompt, signal, res), { once: true });
  });

  // A live feed: open until the reader leaves, and again after each reconnect.
  app.get("/stats", (_req, res) => {
    const stream = res.sse();
    const unwatch = upstream.counters.watch((counts) => {
      stream.send({ event: "counts", data: { model: upstream.model, ...counts } });
    });
    void stream.closed.then(unwatch);
  });

  app.use(handleError);
  return app;
}

/**
 * The provider's events. An answer that fails ends with an event that says why.
 * @param {import("./model.js").Upstream} upstream
 * @param {string} prompt
 * @param {AbortSignal} signal
 * @param {import("express").Response} res
 */
async function* answer(upstream, prompt, signal, res) {
  try {
    yield* ask(upstream, prompt, signal);
  } catch (error) {
    if (signal.aborted) return; // the reader has left
    // As long as nothing was sent, an error is Express's: see handleError. But a page learns neither status nor body
    // of what its EventSource is refused with, so a page is told in an event.
    const isPage = res.req.get("Accept") === "text/event-stream";
    if (!res.headersSent && !isPage) throw error;
    // Not `error`: that name would reach the handler of EventSource's own error event.
    yield { event: "failed", data: { message: explain(error).message } };
  }
}

/** @param {unknown} prompt */
function checkPrompt(prompt) {
  if (typeof prompt === "string" && prompt.trim() !== "" && prompt.length <= maxPrompt) return prompt;
  throw Object.assign(new Error(`prompt: expected 1 to ${maxPrompt} characters`), { status: 400 });
}

/**
 * Asking is a GET, for EventSource has no other method. Other sites' pages may not send one in a visitor's name.
 * @param {import("express").Request} req
 * @param {import("express").Response} _res
 * @param {import("express").NextFunction} next
 */
function sameOrigin(req, _res, next) {
  const site = req.get("Sec-Fetch-Site") ?? "none"; // curl sends none
  if (site === "same-origin" || site === "none") next();
  else next(Object.assign(new Error("Only this server's own page may ask."), { status: 403 }));
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
