// @ts-check
import { serve } from "@hono/node-server";
import app from "./app.js";
import { events } from "./events.js";

const { PORT = "3000" } = process.env;

const server = serve({ fetch: app.fetch, port: Number(PORT), hostname: "127.0.0.1" }, ({ port }) => {
  console.log(`
A clock.

  In a browser:   http://127.0.0.1:${port}
  In a terminal:  curl -N http://127.0.0.1:${port}/clock

Ctrl+C stops it.`);
});

server.on("error", (/** @type {any} */ error) => {
  const taken = error.code === "EADDRINUSE";
  console.error(taken ? `Port ${PORT} is taken. Choose another one: PORT=3001 npm start` : error);
  process.exit(1);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await events.close({ grace: 2000 });
    server.close();
  });
}
