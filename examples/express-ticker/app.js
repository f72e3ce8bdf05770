// @ts-check
import { fileURLToPath } from "node:url";
import { sse } from "@ssekit/express";
import express from "express";
import { symbols } from "./market.js";

const publicFolder = fileURLToPath(new URL("public", import.meta.url));
const known = [...symbols, "stats"];

/**
 * @param {object} options
 * @param {ReturnType<typeof import("./market.js").createMarket>} options.market
 * @param {import("@ssekit/express").EventStreamServer} options.events
 */
export function createApp({ market, events }) {
  const app = express();
  app.use(sse(events));
  app.use(express.static(publicFolder));

  // Begins with a snapshot, or, for a client that comes back, after the event that it had last.
  app.get("/prices", (req, res) => {
    const topics = String(req.query["topics"] ?? "")
      .split(",")
      .filter(Boolean);
    if (!topics.every((topic) => known.includes(topic))) {
      res.status(400).json({ error: `topics: expected some of ${known.join(",")}` });
      return;
    }
    market.prices.subscribe(res.sse(), { topics, snapshot: () => market.snapshot(topics) });
  });

  return app;
}
