import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { EventStreamServer, type History } from "@ssekit/express";
import { onTestFinished } from "vitest";
import { StreamReader } from "../../../packages/conformance/src/clients/stream-reader.js";
import { createApp } from "../app.js";
import { createMarket } from "../market.js";

/** Starts the app on a free port. Only the test publishes events. */
export async function startApp(history: History = { events: 1000 }) {
  const events = new EventStreamServer({ retry: 50 });
  const market = createMarket({ events, history });
  const server = createApp({ market, events }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    await events.close({ grace: 100 });
    server.closeAllConnections();
    server.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    events,
    market,
    /** Cuts every connection. */
    cut: () => server.closeAllConnections(),
    /** Reads `/prices`. */
    read: async (topics: string[], headers: Record<string, string> = {}) => {
      const query = new URLSearchParams(topics.map((topic) => ["topic", topic]));
      const reader = new StreamReader(await fetch(`${address}/prices?${query}`, { headers }));
      onTestFinished(() => reader.leave());
      return reader;
    },
  };
}
