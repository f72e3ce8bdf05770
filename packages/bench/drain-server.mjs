// @ts-check
// An app that shuts down as the README shows. The argument, `first` or `last`, says when server.close() is called.
import { createServer } from "node:http";
import { EventStreamServer, sse } from "@ssekit/express";
import express from "express";

const [order, grace] = process.argv.slice(2);
const events = new EventStreamServer();
const app = express();
app.use(sse(events));
app.get("/", (_req, res) => void res.sse());

const server = createServer(app).listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  process.send?.({ port });
});

process.on("SIGTERM", async () => {
  const started = performance.now();
  const open = events.streams.size;
  process.disconnect(); // because the open IPC channel keeps the process alive
  if (order === "first") server.close();
  await events.close({ grace: Number(grace), retry: [2_000, 8_000] });
  if (order === "last") server.close();
  process.stdout.write(JSON.stringify({ open, ms: Math.round(performance.now() - started) }));
});
