// @ts-check
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { sse } from "@ssekit/express";
import { safeValidateUIMessages } from "ai";
import express from "express";
import { write } from "./write.js";

const publicFolder = fileURLToPath(new URL("public", import.meta.url));

/**
 * The routes that `DefaultChatTransport` of the AI SDK calls, and two of the page's own.
 * @param {object} options
 * @param {import("ai").LanguageModel} options.model
 * @param {ReturnType<typeof import("./chats.js").createChats>} options.chats
 * @param {import("@ssekit/answers").Answers} options.answers
 * @param {import("@ssekit/express").EventStreamServer} options.events
 * @param {string} options.pageScript the page's script, with the AI SDK in it
 */
export function createApp({ model, chats, answers, events, pageScript }) {
  const app = express();
  app.use(sse(events));
  app.get("/page.js", (_req, res) => res.type("js").send(pageScript));
  app.use(express.static(publicFolder));
  app.use(sameOrigin);

  // A question. Its answer has a key of its own, for a key never starts again, and the AI SDK knows only the chat's id.
  app.post("/api/chat", express.json({ limit: "1mb" }), async (req, res) => {
    const { id, messages } = await checkQuestion(req.body);
    const before = chats.get(id)?.answer;
    if (before !== undefined) await answers.stop(before); // a chat has one answer at a time
    const key = randomUUID();
    chats.ask(id, messages, key);
    const save = (/** @type {import("ai").UIMessage[]} */ all) => chats.save(id, all, key);
    await answers.start(key, ({ signal }) => write({ model, messages, key, signal, save }));
    send(key, res);
  });

  // A page that was reloaded or lost its connection. 204 means that nothing is being written.
  app.get("/api/chat/:id/stream", async (req, res) => {
    const key = chats.get(req.params.id)?.answer;
    if (key !== undefined && (await answers.state(key)) === "running") send(key, res);
    else res.sendStatus(204);
  });

  // The stop button. `chat.stop()` of the AI SDK only disconnects, which is no reason to stop: the page may come back.
  app.delete("/api/chat/:id/stream", async (req, res) => {
    const key = chats.get(req.params.id)?.answer;
    res.json({ state: key === undefined ? "unknown" : await answers.stop(key) });
  });

  // What a page shows when it is loaded.
  app.get("/api/chat/:id", async (req, res) => {
    const { messages, answer } = chats.get(req.params.id) ?? { messages: [] };
    res.set("Cache-Control", "no-store");
    res.json({ messages, state: answer === undefined ? "unknown" : await answers.state(answer) });
  });

  app.use(handleError);
  return app;

  /**
   * Sends an answer from its start. The client builds the message anew, so no text can double.
   * @param {string} key
   * @param {import("express").Response} res
   */
  function send(key, res) {
    res.set("x-vercel-ai-ui-message-stream", "v1");
    answers.subscribe(key, res.sse());
  }
}

/** @param {any} body */
async function checkQuestion(body) {
  const { id, messages } = body ?? {};
  const isId = typeof id === "string" && id.length > 0 && id.length <= 100;
  const checked = await safeValidateUIMessages({ messages });
  if (isId && checked.success) return { id, messages: checked.data };
  throw refusal(400, "expected the id of a chat, of 1 to 100 characters, and messages of the AI SDK");
}

/**
 * Refuses requests from pages of other sites, which could ask in the name of a visitor.
 * @param {import("express").Request} req
 * @param {import("express").Response} _res
 * @param {import("express").NextFunction} next
 */
function sameOrigin(req, _res, next) {
  const site = req.get("Sec-Fetch-Site") ?? "none"; // programs send none
  if (req.method === "GET" || req.method === "HEAD" || site === "same-origin" || site === "none") next();
  else next(refusal(403, "only this server's own page may do that"));
}

/**
 * @param {number} status
 * @param {string} message
 */
function refusal(status, message) {
  return Object.assign(new Error(message), { status });
}

/**
 * The AI SDK shows the text of such a response as the error.
 * @param {any} error
 * @param {import("express").Request} _req
 * @param {import("express").Response} res
 * @param {import("express").NextFunction} next
 */
function handleError(error, _req, res, next) {
  if (res.headersSent) return next(error);
  const { status = 500, message } = error;
  if (status >= 500) console.error(error);
  res
    .status(status)
    .type("text")
    .send(status < 500 ? message : "The server made a mistake.");
}
