// @ts-check
import { EventStreamServer, sse } from "@ssekit/express";
import express from "express";

/** @returns {import("./index.mjs").Contender} */
export function ssekit() {
  const events = new EventStreamServer();
  const app = express();
  app.use(sse(events));
  app.get("/", (_req, res) => void res.sse());
  return {
    app,
    open: () => events.streams.size,
    send(data) {
      for (const stream of events.streams) stream.send({ event: "tick", data });
    },
  };
}
