// @ts-check
// An Express app with one channel. `GET /?topics=a,b` streams new events. `GET /?from=start` streams all events.
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { createChannel, EventStreamServer, sse } from "@ssekit/express";
import express from "express";
import { message } from "./message.mjs";
import { serve } from "./rpc.mjs";

const events = new EventStreamServer();
const channel = createChannel();
const app = express();
app.use(sse(events));
app.get("/", (req, res) => {
  const { topics, from } = /** @type {Record<string, string | undefined>} */ (req.query);
  channel.subscribe(res.sse(), {
    ...(topics !== undefined && { topics: topics.split(",") }),
    ...(from === "start" && { from }),
  });
});

const server = createServer(app).listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
await once(server, "listening");

serve({
  port: () => /** @type {import("node:net").AddressInfo} */ (server.address()).port,
  open: () => channel.size,

  /** How many streams hold bytes that their client has not read. */
  blocked: () => [...events.streams].filter((stream) => stream.bufferedBytes > 0).length,

  /** CPU microseconds that this process has used, also in the kernel. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },

  /** @param {{ turns: number, rate: number, bytes: number, topic?: string }} options */
  async publish({ turns, rate, bytes, topic }) {
    const start = performance.now();
    for (let turn = 0; turn < turns; turn++) {
      await wait(Math.max(1, start + (turn * 1000) / rate - performance.now()));
      const data = { at: Number(process.hrtime.bigint()) / 1e6, ...message(turn, bytes) };
      void channel.publish({ event: "tick", data, ...(topic !== undefined && { topic }) });
    }
  },
});
