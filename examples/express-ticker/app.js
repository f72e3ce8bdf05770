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

  // Begins with a snapshot, or, for a client that comes back, after the event that it had last.
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
 * The page shares memory with its worker, to block it. Browsers allow that only to pages which are isolated so.
 * @param {import("express").Response} res
 */
function isolate(res) {
  res.set({ "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" });
}
