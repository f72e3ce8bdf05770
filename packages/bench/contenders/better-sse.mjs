// @ts-check
import { createChannel, createSession } from "better-sse";
import express from "express";

/**
 * `broadcast` is better-sse's own method to send one message to all. It adds an id, which is made once for each message.
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
