// @ts-check
import { EventStreamServer } from "@ssekit/express";
import { createApp } from "./app.js";
import { createMarket } from "./market.js";

const { PORT = "3000" } = process.env;

if (!(Number(PORT) >= 0 && Number(PORT) < 65536)) fail(`PORT: expected 0 to 65535, got "${PORT}".`);

const events = new EventStreamServer();
const market = createMarket({ events });
const timers = [setInterval(market.tick, 20), setInterval(market.report, 500)];

const server = createApp({ market, events }).listen(Number(PORT), "127.0.0.1", (/** @type {any} */ error) => {
  if (error) fail(`Cannot listen on port ${PORT}: ${error.message}. Choose another one: PORT=3001`);
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const address = `http://127.0.0.1:${port}`;
  console.log(`
A ticker with a slow reader.

  In a browser:   ${address}
  In a terminal:  curl -N "${address}/prices?topic=stats"

Ctrl+C stops it.`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    for (const timer of timers) clearInterval(timer);
    await events.close({ grace: 2000 });
    server.close();
  });
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}
