// @ts-check
import { start } from "./rpc.mjs";

const SERVER = new URL("channel-server.mjs", import.meta.url);
const CLIENT = new URL("client.mjs", import.meta.url);
const WARM_UP_SECONDS = 2;

/**
 * Starts a server process with a channel, and `clients` client processes.
 * @param {number} clients
 */
async function open(clients) {
  const server = start(SERVER);
  const all = Array.from({ length: clients }, () => start(CLIENT));
  return {
    server,
    clients: all,
    port: await server.call("port"),
    /** @param {string} what name of a handler of the server @param {number} expected */
    async until(what, expected) {
      const limit = performance.now() + 20_000;
      let count = await server.call(what);
      for (; count !== expected && performance.now() < limit; count = await server.call(what));
      if (count !== expected) throw new Error(`${what}: ${count} streams instead of ${expected}`);
    },
    stop: async () => void (await Promise.all([server, ...all].map((one) => one.stop()))),
  };
}

/** @typedef {import("./rpc.mjs").Started} Started */

/**
 * Checks the events of every stream. A missing or an extra event is an error.
 * @param {Started} client @param {number} events that every stream of the client must have received
 */
async function expectEvents(client, events) {
  const wrong = await client.call("wrong", { events, seconds: 20 });
  if (wrong.length > 0)
    throw new Error(`${wrong.length} streams are wrong, such as: ${wrong.slice(0, 3).join(", ")}`);
}

/** @typedef {{ count: number, p50: number, p99: number, most: number }} Latencies in milliseconds */

/**
 * Measures how long an event takes to clients that read. It is measured once while other clients have stopped reading, and
 * once without such clients. Every round measures both, so that other work of the machine affects both equally.
 * @param {{ readers: number, stopped: number, bytes: number, rate: number, seconds: number, rounds: number, onRound?(round: number): void }} options
 * @returns {Promise<Record<"with" | "without", Latencies[]>>} the rounds of each
 */
export async function measureStopped({ readers, stopped, bytes, rate, seconds, rounds, onRound }) {
  const { server, clients, port, until, stop } = await open(2);
  const [reading, notReading] = /** @type {[Started, Started]} */ (clients);
  /** @param {number} turns */
  const publish = async (turns) => {
    await reading.call("reset");
    await server.call("publish", { turns, rate, bytes }, turns / rate + 30);
    await expectEvents(reading, turns);
    return await reading.call("latencies");
  };
  const withStopped = async () => {
    // They request a history that is larger than the buffers of the operating system, and read none of it.
    await notReading.call("connect", { port, count: stopped, path: "/?from=start", stopped: true });
    await until("blocked", stopped);
    const latencies = await publish(seconds * rate);
    await until("blocked", stopped);
    await notReading.call("disconnect");
    await until("open", readers);
    return latencies;
  };
  try {
    await server.call("publish", { turns: Math.ceil((12 << 20) / bytes), rate: 1_000, bytes }, 60);
    await reading.call("connect", { port, count: readers, timed: true });
    await publish(WARM_UP_SECONDS * rate);
    const measured = { with: /** @type {Latencies[]} */ ([]), without: /** @type {Latencies[]} */ ([]) };
    for (let round = 0; round < rounds; round++) {
      onRound?.(round);
      if (round % 2 === 0) measured.without.push(await publish(seconds * rate));
      measured.with.push(await withStopped());
      if (round % 2 === 1) measured.without.push(await publish(seconds * rate));
    }
    return measured;
  } finally {
    await stop();
  }
}

/** @typedef {{ subscribers: number, deliveries: number, cpu: number }} TopicCost of one event, microseconds */

/**
 * Measures the cost of an event for three cases: its topic has a few subscribers and there are no others; its topic has a
 * few subscribers and there are many with other topics; all subscribers have its topic.
 * @param {{ few: number, subscribers: number, events: number, bytes: number, rounds: number, onRound?(round: number): void }} options
 * @returns {Promise<Record<"alone" | "among" | "all", TopicCost[]>>} the rounds of each
 */
export async function measureTopics({ few, subscribers, events, bytes, rounds, onRound }) {
  const { server, clients, port, until, stop } = await open(2);
  const [interested, others] = /** @type {[Started, Started]} */ (clients);
  /** @param {string} topic @param {number} count @param {number} toOthers the number of events that the others get */
  const publish = async (topic, count, toOthers) => {
    for (const client of clients) await client.call("reset");
    const before = await server.call("cpu");
    await server.call("publish", { turns: count, rate: 500, bytes, topic }, 60);
    await expectEvents(interested, count);
    const cpu = (await server.call("cpu")) - before;
    await expectEvents(others, toOthers);
    const delivered = (await interested.call("delivered")) + (await others.call("delivered"));
    return { subscribers: await server.call("open"), deliveries: delivered / count, cpu: cpu / count };
  };
  const measured = {
    alone: /** @type {TopicCost[]} */ ([]),
    among: /** @type {TopicCost[]} */ ([]),
    all: /** @type {TopicCost[]} */ ([]),
  };
  const many = Math.ceil((events * few) / subscribers);
  try {
    await interested.call("connect", { port, count: few, path: "/?topics=few,all" });
    await publish("few", events, 0); // to warm up
    for (let round = 0; round < rounds; round++) {
      onRound?.(round);
      await others.call("disconnect");
      await until("open", few);
      measured.alone.push(await publish("few", events, 0));
      await others.call("connect", { port, count: subscribers - few, path: "/?topics=other,all" }, 60);
      await until("open", subscribers);
      measured.among.push(await publish("few", events, 0));
      measured.all.push(await publish("all", many, many));
    }
    return measured;
  } finally {
    await stop();
  }
}
