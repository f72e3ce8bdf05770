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
  app.use(express.static(publicFolder, { setHeaders: isolate }));

  // Starts with a snapshot. A client that comes back continues after the last event that it received.
  app.get("/prices", (req, res) => {
    const asked = [req.query["topic"] ?? []].flat();
    const topics = known.filter((topic) => asked.includes(topic));
    if (topics.length < asked.length) {
      res.status(400).json({ error: `topic: expected some of ${known.join(", ")}, each once` });
      return;
    }
    market.prices.subscribe(res.sse(), { topics, snapshot: () => market.snapshot(topics) });
  });

  return app;
}

/**
 * The page blocks its worker with shared memory. Browsers allow shared memory only on pages with these headers.
 * @param {import("express").Response} res
 */
function isolate(res) {
  res.set({ "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" });
}
