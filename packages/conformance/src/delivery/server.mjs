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

  /** What is in memory for good, and of the process's memory, in bytes. */
  async memory() {
    const a = process.memoryUsage();
    globalThis.gc?.();
    const b = process.memoryUsage();
    await nextTurn();
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const f=(x)=>`${(x.heapUsed/1e6).toFixed(1)} ${(x.external/1e6).toFixed(1)} ${(x.arrayBuffers/1e6).toFixed(1)} rss ${(x.rss/1e6).toFixed(1)}`;
    console.error(counts.published, counts.lags, "| before", f(a),"| gc1", f(b), "| gc2", f(process.memoryUsage()));
    let mostBuffered = 0;
    for (const { bufferedBytes } of events.streams) mostBuffered = Math.max(mostBuffered, bufferedBytes);
    return { live: heapUsed + external, rss, mostBuffered };
  },

  state() {
    let blocked = 0;
    for (const { bufferedBytes } of events.streams) if (bufferedBytes > 0) blocked++;
    return { ...counts, closed, blocked, subscribers: channel.size, streams: events.streams.size };
  },
});
