// @ts-check
import { EventStreamServer } from "@ssekit/koa";
import { createApp } from "./app.js";
import { createJobLists } from "./job-lists.js";

const { PORT = "3000", PAUSE = "250" } = process.env;

// Fewer than the 10 000 channels that there may be, so that there is always one to make for a visitor.
const events = new EventStreamServer({ maxStreams: 5_000 });
const lists = createJobLists({ pause: Number(PAUSE) });
const app = createApp({ events, lists });

const server = app.listen(Number(PORT), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`
Long jobs and their progress.

  In a browser:   http://127.0.0.1:${port}

Ctrl+C stops it.`);
});

server.on("error", (/** @type {any} */ error) => {
  const taken = error.code === "EADDRINUSE";
  console.error(taken ? `Port ${PORT} is taken. Choose another one: PORT=3001 npm start` : error);
  process.exit(1);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await lists.close("The server stopped."); // first, so that the pages are told
    await events.close({ grace: 2000 });
    server.close();
  });
}
