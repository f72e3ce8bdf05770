// @ts-check
// The load: many sockets that count events and do nothing else, so that the machine is the server's.
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { serve } from "./rpc.mjs";

// Data is JSON and the last field, so this ends events, and neither comments nor the block with `retry`.
const EVENT_END = "}\n\n";
const AT_ONCE = 100;

/** @type {{ socket: import("node:net").Socket, events: number, tail: string }[]} */
let streams = [];

/** @param {number} port */
function openStream(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const stream = { socket, events: 0, tail: "" };
    streams.push(stream);
    socket.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n");
    socket.on("error", reject);
    socket.once("data", resolve);
    socket.on("data", (chunk) => {
      stream.events += countEvents(stream, chunk);
    });
  });
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
  /** @param {{ port: number, count: number }} options */
  async connect({ port, count }) {
    for (let opened = 0; opened < count; opened += AT_ONCE) {
      const batch = Array.from({ length: Math.min(AT_ONCE, count - opened) }, () => openStream(port));
      await Promise.all(batch);
    }
  },

  reset() {
    for (const stream of streams) stream.events = 0;
  },

  /**
   * Waits until every stream has got so many events, no longer than so many seconds, then for those too many.
   * @param {{ events: number, seconds: number }} options
   * @returns {Promise<string[]>} what is wrong
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
