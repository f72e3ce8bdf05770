// @ts-check
// An Express app with one channel, in its own process. It uses the built packages.
import { once } from "node:events";
import { createServer } from "node:http";
import { createChannel, EventStreamServer, sse } from "@ssekit/express";
import express from "express";
import { serve } from "../../../bench/rpc.mjs";

/**
 * @typedef {object} DeliveryOptions
 * @property {string} [latentLog] the URL of the module with `LatentLog`; default: a `MemoryLog` is used
 * @property {{ events?: number, bytes?: number, age?: number }} history the history of the channel
 * @property {number} dataBytes the least number of bytes in the data of each event
 * @property {import("@ssekit/express").EventStreamOptions} [stream] the options of all streams
 */

/** @type {DeliveryOptions} */
const { latentLog, history, dataBytes, stream } = JSON.parse(process.argv[2] ?? "{}");
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
  ...(latentLog === undefined ? { history } : { log: await createLatentLog(latentLog) }),
  onLag: () => void counts.lags++,
  onReset: () => void counts.resets++,
  onError,
});

/** @param {string} module */
async function createLatentLog(module) {
  const { LatentLog } = await import(module);
  const log = new LatentLog({ history });
  // A read that fails closes the streams that wait for it, and their clients reconnect. Many streams share a read.
  let reads = 0;
  log.fault = (/** @type {string} */ operation) =>
    operation === "read" && ++reads % 8 === 0 ? new Error("This read fails") : undefined;
  return log;
}

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

  /** Publishes events. @param {number[]} turns the number of events in each turn of the event loop */
  async publish(turns) {
    const published = [];
    for (const burst of turns) {
      for (let i = 0; i < burst; i++) published.push(channel.publish(`${++counts.published} ${filler}`));
      await nextTurn();
    }
    await Promise.all(published);
  },

  end: () => channel.end(),

  /**
   * Bytes: the live memory after garbage collection, the whole process, and the largest `bufferedBytes` of a stream.
   */
  async memory() {
    let live = Infinity;
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      live = Math.min(live, heapUsed + arrayBuffers);
      await nextTurn(); // the memory of buffers is released a little later
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
