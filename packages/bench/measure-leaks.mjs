// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { connectAndLeave } from "./leak-clients.mjs";
import { start } from "./rpc.mjs";

const SERVER = new URL("leak-server.mjs", import.meta.url);
const MB = 1 << 20;

/**
 * The objects that are alive in the server's process when no client is connected.
 * @typedef {object} Census
 * @property {number} heapUsed
 * @property {Record<string, number>} left objects and listeners
 * @property {Record<string, number>} requests by path
 * @property {{ started: number, finished: number }} sources
 * @property {string[]} errors the first errors that `onError` was called with
 */

/**
 * Starts an Express and a Hono app in a process of their own. Connects to them and leaves, again and again.
 * @param {{ warmUp: number, cycles: number, concurrency?: number }} options
 * @returns {Promise<{ before: Census, warm: Census, after: Census }>}
 */
export async function measureLeaks({ warmUp, cycles, concurrency = 200 }) {
  const server = start(SERVER, { execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"] });
  try {
    const ports = await server.call("ports");
    /** @param {number} count */
    const censusAfter = async (count) => {
      await connectAndLeave(ports, { cycles: count, concurrency });
      for (let i = 0; i < 500 && (await server.call("connections")) > 0; i++) await wait(20);
      return await server.call("census", undefined, 120); // slow if many objects are left
    };
    return {
      before: await censusAfter(0),
      warm: await censusAfter(warmUp),
      after: await censusAfter(cycles),
    };
  } finally {
    await server.stop();
  }
}

/**
 * Returns a description of each leak.
 * @param {{ before: Census, warm: Census, after: Census }} measured
 */
export function findLeaks({ before, warm, after }) {
  const found = Object.entries(after.left)
    .filter(([what, count]) => count !== before.left[what])
    .map(([what, count]) => `${what}: ${count}, and ${before.left[what]} before the first client`);
  const { started, finished } = after.sources;
  if (started !== finished) found.push(`sources: ${started} started, ${finished} finished`);
  if (after.heapUsed > warm.heapUsed * 1.1 + MB) {
    found.push(`heap: ${inMb(after.heapUsed)}, and ${inMb(warm.heapUsed)} after the warm-up`);
  }
  return [...found, ...after.errors.map((error) => `onError was called with ${error}`)];
}

/** @param {number} bytes */
export function inMb(bytes) {
  return `${(bytes / MB).toFixed(2)} MB`;
}
