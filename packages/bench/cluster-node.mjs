// @ts-check
// One node of a cluster: a process with node:http and one channel, whose log is kept by a broker.
import { once } from "node:events";
import { createServer } from "node:http";
import { createChannel, EventStreamServer, open } from "@ssekit/node";
import { serve } from "./rpc.mjs";
import { openStore } from "./open-store.mjs";

/**
 * @typedef {object} NodeOptions
 * @property {import("./open-store.mjs").BrokerAddress} broker
 * @property {import("@ssekit/node").History} history what the log keeps
 * @property {number} [timeout] milliseconds for which a call waits for the broker
 */

/** @type {NodeOptions} */
const { broker, history, timeout } = JSON.parse(process.argv[2] ?? "{}");
/** @type {string[]} */
const errors = [];
/** @param {unknown} error */
const onError = (error) => void errors.push(String(error));

const { store } = await openStore(broker, { history, onError, ...(timeout !== undefined && { timeout }) });
const channel = createChannel({ log: store.open("feed"), onError });
const events = new EventStreamServer({ onError });
const server = createServer((req, res) => {
  channel.subscribe(open(req, res, { server: events }), { from: "start" });
}).listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
await once(server, "listening");

serve({
  port: () => /** @type {import("node:net").AddressInfo} */ (server.address()).port,

  /**
   * Publishes numbers, all in one turn. The number is the idempotency key too, so that it may be published again by any
   * node if nobody knows whether it was stored. Returns the ids.
   * @param {number[]} numbers
   */
  publish: (numbers) => Promise.all(numbers.map(publish)),

  /** Bytes that remain after a garbage collection. The process needs `--expose-gc`. */
  memory() {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  },

  state: () => ({ errors, streams: events.streams.size, status: store.status }),
});

/** @param {number} number @returns {Promise<string>} */
async function publish(number) {
  for (;;) {
    try {
      return await channel.publish({ data: String(number), idempotencyKey: String(number) });
    } catch (error) {
      if (/** @type {{ code?: string }} */ (error).code !== "ERR_SSE_LOG_UNAVAILABLE") throw error;
    }
  }
}
