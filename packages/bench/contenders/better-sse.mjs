// @ts-check
import { createChannel, createSession } from "better-sse";
import express from "express";

/**
 * `broadcast` is its own way to send one message to all. It adds an id, made once for each message.
 * @returns {import("./index.mjs").Contender}
 */
export function betterSse() {
  const channel = createChannel();
  const app = express();
  app.get("/", async (req, res) => {
    channel.register(await createSession(req, res));
  });
  return {
    app,
    open: () => channel.sessionCount,
    send: (data) => void channel.broadcast(data, "tick"),
  };
}
