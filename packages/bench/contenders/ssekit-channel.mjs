// @ts-check
import { createChannel, EventStreamServer, sse } from "@ssekit/express";
import express from "express";

/**
 * The event has an id, is made once, and is kept in the channel's history.
 * @returns {import("./index.mjs").Contender}
 */
export function ssekitChannel() {
  const events = new EventStreamServer();
  const channel = createChannel();
  const app = express();
  app.use(sse(events));
  app.get("/", (_req, res) => void channel.subscribe(res.sse()));
  return {
    app,
    open: () => channel.size,
    send: (data) => void channel.publish({ event: "tick", data }),
  };
}
