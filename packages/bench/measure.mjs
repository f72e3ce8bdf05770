// @ts-check
import { start } from "./rpc.mjs";

const SERVER = new URL("server.mjs", import.meta.url);
const CLIENT = new URL("client.mjs", import.meta.url);
const WARM_UP_SECONDS = 2;

/**
 * Starts a contender's server process and its clients, and opens all streams.
 * @param {string} contender
 * @param {number} clients
 */
async function open(contender, clients) {
  const server = start(SERVER, { args: [contender], execArgv: ["--expose-gc"] });
  const client = start(CLIENT);
  const stop = async () => void (await Promise.all([server.stop(), client.stop()]));
  /** @param {number} count */
  const connect = async (count) => {
    await client.call("connect", { port: await server.call("port"), count }, 60);
    const opened = await server.call("open");
    if (opened !== count) throw new Error(`${contender}: ${opened} streams are open instead of ${count}`);
  };
  try {
    await connect(clients);
  } catch (error) {
    await stop();
    throw error;
  }
  return { server, client, connect, stop };
}

/** @typedef {Awaited<ReturnType<typeof open>>} Running */

/**
 * Publishes for `seconds` seconds. Every event is counted. A missing or an extra event is an error.
 * @param {Running} running
 * @param {import("./cases.mjs").Load} load
 * @param {number} seconds
 * @returns {Promise<{ events: number, cpu: number }>} how many events were delivered, and the server's CPU microseconds
 */
async function publish({ server, client }, load, seconds) {
  const turns = Math.max(1, Math.round(seconds * load.rate));
  await client.call("reset");
  const before = await server.call("cpu");
  await server.call("publish", { turns, ...load }, seconds * 4 + 30);
  const wrong = await client.call("wrong", { events: turns * load.burst, seconds: 20 });
  const cpu = (await server.call("cpu")) - before;
  if (wrong.length > 0)
    throw new Error(`${wrong.length} streams are wrong, such as: ${wrong.slice(0, 3).join(", ")}`);
  return { events: turns * load.burst * load.clients, cpu };
}

/**
 * Measures the server's CPU time for each delivered event. All contenders keep running and take turns in every round, so
 * that other work of the machine affects all of them equally.
 * @param {string[]} contenders
 * @param {import("./cases.mjs").Load} load
 * @param {{ seconds: number, rounds: number, onRound?(round: number): void }} options
 * @returns {Promise<Map<string, { events: number, cpu: number }[]>>} the rounds of each contender
 */
export async function measureCpu(contenders, load, { seconds, rounds, onRound }) {
  /** @type {Map<string, Running>} */
  const all = new Map();
  try {
    for (const contender of contenders) all.set(contender, await open(contender, load.clients));
    for (const running of all.values()) await publish(running, load, WARM_UP_SECONDS);
    const results = new Map(contenders.map((contender) => [contender, /** @type {any[]} */ ([])]));
    for (let round = 0; round < rounds; round++) {
      onRound?.(round);
      for (let i = 0; i < contenders.length; i++) {
        const contender = contenders[(round + i) % contenders.length] ?? "";
        const running = /** @type {Running} */ (all.get(contender));
        try {
          results.get(contender)?.push(await publish(running, load, seconds));
        } catch (error) {
          throw new Error(`${contender} failed in round ${round + 1}`, { cause: error });
        }
      }
    }
    return results;
  } finally {
    await Promise.all([...all.values()].map((running) => running.stop()));
  }
}

/**
 * Measures how many bytes the server process holds for each stream that is open and silent.
 * @param {string} contender
 * @param {number} clients
 * @returns {Promise<{ rss: number, heapUsed: number, external: number }>}
 */
export async function measureMemory(contender, clients) {
  const warmUp = 200;
  const { server, client, connect, stop } = await open(contender, warmUp);
  try {
    await client.call("disconnect");
    const limit = performance.now() + 10_000;
    while ((await server.call("open")) > 0 && performance.now() < limit);
    const before = await server.call("memory");
    await connect(clients);
    const after = await server.call("memory");
    /** @param {"rss" | "heapUsed" | "external"} key */
    const each = (key) => (after[key] - before[key]) / clients;
    return { rss: each("rss"), heapUsed: each("heapUsed"), external: each("external") };
  } finally {
    await stop();
  }
}

/**
 * Records where the server spends its CPU time while it publishes.
 * @param {string} contender
 * @param {import("./cases.mjs").Load} load
 * @param {number} seconds
 * @returns {Promise<unknown>} a profile in the format of `node --cpu-prof`
 */
export async function profile(contender, load, seconds) {
  const running = await open(contender, load.clients);
  try {
    await publish(running, load, WARM_UP_SECONDS);
    await running.server.call("startProfile");
    await publish(running, load, seconds);
    return await running.server.call("stopProfile");
  } finally {
    await running.stop();
  }
}
