// @ts-check
// The load: many sockets that only count events, so that most of the CPU is left for the server.
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { serve } from "./rpc.mjs";

// The data is JSON and the last field, so only an event ends like this. A comment or the block with `retry` does not.
const EVENT_END = "}\n\n";
const AT_ONCE = 100;
// The time when a message was sent, for clients that measure latency. A time that is split over two chunks is not found.
const SENT_AT = /"at":([\d.]+),/g;

/** @type {{ socket: import("node:net").Socket, events: number, tail: string }[]} */
let streams = [];
/** Milliseconds from the sending of a message to its arrival. @type {number[]} */
let latencies = [];

/** @typedef {{ path?: string, timed?: boolean, stopped?: boolean }} Client `stopped`: it reads only the first block */

/** @param {number} port @param {Client} client */
function openStream(port, { path = "/", timed = false, stopped = false }) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const stream = { socket, events: 0, tail: "" };
    streams.push(stream);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`);
    socket.on("error", reject);
    socket.once("data", resolve);
    socket.on("data", (chunk) => {
      if (stopped) socket.pause();
      if (timed) time(chunk);
      stream.events += countEvents(stream, chunk);
    });
  });
}

/** @param {Buffer} chunk */
function time(chunk) {
  const now = Number(process.hrtime.bigint()) / 1e6;
  for (const [, sentAt] of chunk.toString("latin1").matchAll(SENT_AT)) latencies.push(now - Number(sentAt));
}

/** @param {{ tail: string }} stream @param {Buffer} chunk */
function countEvents(stream, chunk) {
  let count = (stream.tail + chunk.toString("latin1", 0, 2)).includes(EVENT_END) ? 1 : 0;
  for (let at = chunk.indexOf(EVENT_END); at !== -1; at = chunk.indexOf(EVENT_END, at + EVENT_END.length))
    count++;
  stream.tail = (stream.tail + chunk.toString("latin1", Math.max(0, chunk.length - 2))).slice(-2);
  return count;
}

serve({
  /** @param {{ port: number, count: number } & Client} options */
  async connect({ port, count, ...client }) {
    for (let opened = 0; opened < count; opened += AT_ONCE) {
      const batch = Array.from({ length: Math.min(AT_ONCE, count - opened) }, () => openStream(port, client));
      await Promise.all(batch);
    }
  },

  reset() {
    for (const stream of streams) stream.events = 0;
    latencies = [];
  },

  /** The number of events that all streams together have received since `reset`. */
  delivered: () => streams.reduce((sum, { events }) => sum + events, 0),

  /** The latencies of the messages since `reset`, in milliseconds. */
  latencies() {
    const sorted = Float64Array.from(latencies).toSorted();
    const at = (/** @type {number} */ share) => sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
  },

  /**
   * Waits until every stream has received `events` events, but at most `seconds` seconds. Then it waits a little longer,
   * to find events that should not arrive.
   * @param {{ events: number, seconds: number }} options
   * @returns {Promise<string[]>} the mistakes found
   */
  async wrong({ events, seconds }) {
    const limit = performance.now() + seconds * 1000;
    const missing = () => streams.some((stream) => stream.events < events);
    while (missing() && performance.now() < limit) await wait(10);
    await wait(100);
    return streams.flatMap((stream, i) =>
      stream.events === events ? [] : [`stream ${i} got ${stream.events} events instead of ${events}`],
    );
  },

  disconnect() {
    for (const { socket } of streams) socket.destroy();
    streams = [];
  },
});
