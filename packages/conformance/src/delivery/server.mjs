// @ts-check
// An Express app with one channel, in a process of its own, on the packages as they are built.
import { once } from "node:events";
import { createServer } from "node:http";
import { createChannel, EventStreamServer, sse } from "@ssekit/express";
import express from "express";
import { serve } from "../../../bench/rpc.mjs";

/**
 * @typedef {object} DeliveryOptions
 * @property {{ events?: number, bytes?: number, age?: number }} history of the channel
 * @property {number} dataBytes of each event, at least
 * @property {import("@ssekit/express").EventStreamOptions} [stream] options of all streams
 */

/** @type {DeliveryOptions} */
const { history, dataBytes, stream } = JSON.parse(process.argv[2] ?? "{}");
const counts = { published: 0, lags: 0, resets: 0, errors: /** @type {string[]} */ ([]) };
/** @type {Record<string, number>} */
const closed = {};

/** @param {unknown} error */
const onError = (error) => void counts.errors.push(String(error));
const events = new EventStreamServer({
  ...stream,
  onClose: (_stream, reason) => void (closed[reason] = (closed[reason] ?? 0) + 1),
  onError,
});
const channel = createChannel({
  history,
  onLag: () => void counts.lags++,
  onReset: () => void counts.resets++,
  onError,
});

const app = express();
app.use(sse(events));
app.get("/feed", (req, res) => {
  const { stallTimeout } = req.query;
  const options = stallTimeout === undefined ? {} : { stallTimeout: Number(stallTimeout) };
  channel.subscribe(res.sse(undefined, options), { from: "start" });
});

const server = createServer(app).listen({ port: 0, host: "127.0.0.1", backlog: 1024 });
await once(server, "listening");

const filler = "x".repeat(dataBytes);
const nextTurn = () => new Promise((turn) => setImmediate(turn));

serve({
  port: () => /** @type {import("node:net").AddressInfo} */ (server.address()).port,

  /** Publishes so many events in each turn. @param {number[]} turns */
  async publish(turns) {
    for (const burst of turns) {
      const published = [];
      for (let i = 0; i < burst; i++) published.push(channel.publish(`${++counts.published} ${filler}`));
      await Promise.all(published);
      await nextTurn();
    }
  },

  end: () => channel.end(),

  /** Bytes: what cannot be collected, all that the process has, and the most that a stream holds for its client. */
  async memory() {
    let live = Infinity;
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      live = Math.min(live, heapUsed + arrayBuffers);
      await nextTurn(); // the bytes of buffers are given back a little later
    }
    let mostBuffered = 0;
    for (const { bufferedBytes } of events.streams) mostBuffered = Math.max(mostBuffered, bufferedBytes);
    return { live, rss: process.memoryUsage().rss, mostBuffered };
  },

  state() {
    let blocked = 0;
    for (const { bufferedBytes } of events.streams) if (bufferedBytes > 0) blocked++;
    return { ...counts, closed, blocked, subscribers: channel.size, streams: events.streams.size };
  },
});
