// @ts-check
// One node of the cluster. It publishes on a channel that all nodes share, and sends the events of all nodes.
import { fileURLToPath } from "node:url";
import { createChannel, EventStreamServer, sse } from "@ssekit/express";
import { redisLogs } from "@ssekit/redis";
import express from "express";
import { Redis } from "ioredis";

const {
  PORT = "3001",
  HOST = "127.0.0.1",
  NODE_NAME = "a",
  REDIS_URL = "redis://127.0.0.1:6379",
} = process.env;

/** @param {unknown} error */
const onError = (error) => console.error(`node ${NODE_NAME}:`, error);

const client = new Redis(REDIS_URL);
client.on("error", onError);
const logs = redisLogs({ client, prefix: "example-cluster:" });
/** @type {import("@ssekit/express").Channel<{ tick: { node: string, run: number, number: number } }>} */
const feed = createChannel({ log: logs.open("feed"), onError });
const events = new EventStreamServer({ retry: 1_000, onError });

const app = express();
app.use(sse(events));
app.use(express.static(fileURLToPath(new URL("public", import.meta.url))));

app.get("/feed", (_req, res) => {
  const stream = res.sse();
  // This message is for one stream. It has no id and is not in the log, so the last event ID stays that of the channel.
  stream.send({ event: "node", data: { name: NODE_NAME } });
  feed.subscribe(stream);
});

// For the health probe of a load balancer.
app.get("/health", (_req, res) => {
  res.sendStatus(logs.status === "ready" ? 200 : 503);
});

// As if the machine had lost its power: nothing is closed, and nothing is sent any more.
app.post("/kill", () => process.kill(process.pid, "SIGKILL"));

// The events of this process are numbered, so that the page can see whether one is missing.
const run = Date.now();
let number = 0;
const timer = setInterval(() => {
  const data = { node: NODE_NAME, run, number: ++number };
  feed.publish({ event: "tick", data }).catch(onError);
}, 500);

const server = app.listen(Number(PORT), HOST, (error) => {
  if (error) throw error;
  console.log(`node ${NODE_NAME} listens on port ${PORT}`);
  process.send?.("listening");
});

async function stop() {
  clearInterval(timer);
  await events.close({ grace: 2_000 });
  server.close();
  await feed.close();
  await logs.close();
  client.disconnect();
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);

// start.js waits for the first message, and nodes end with it.
process.once("disconnect", () => process.exit());
process.channel?.unref();
