// Repeats a fault that the channels once had: `node faults-server.mjs CASE`. Each case runs in its own process, which prints
// one line of JSON.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { createChannel, createChannels, EventStreamServer, open } from "@ssekit/node";

const FILLER = "x".repeat(60_000);

/** The memory that this process holds, in MB. */
async function heldMb() {
  await wait(50);
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return Math.round((heapUsed + arrayBuffers) / 2 ** 18) / 4;
}

/**
 * @param {(stream: import("@ssekit/node").EventStream) => void} use
 * @param {import("@ssekit/node").EventStreamOptions} [options]
 */
async function serve(use, options = {}) {
  const events = new EventStreamServer({ heartbeat: false, onError: () => {}, ...options });
  const server = createServer((req, res) => use(open(req, res, { server: events })));
  server.listen({ port: 0, host: "127.0.0.1", backlog: 8192 });
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { events, port };
}

/**
 * Starts clients in a process of their own. They read, unless `paused` is set.
 * @param {number} port
 * @param {number} count
 * @param {{ paused?: boolean }} [how]
 */
async function connect(port, count, how = {}) {
  const child = fork(new URL("faults-clients.mjs", import.meta.url), [
    JSON.stringify({ port, count, ...how }),
  ]);
  await once(child, "message");
  return child;
}

/**
 * Measures the longest time for which the event loop was blocked.
 * @param {number} ms the precision
 */
function watchLoop(ms = 1) {
  const delay = monitorEventLoopDelay({ resolution: ms });
  delay.enable();
  return () => {
    delay.disable();
    return Math.round(delay.max / 1e6);
  };
}

/**
 * Opens a subscribed stream whose client has not read the published events.
 * @param {import("@ssekit/node").Channel} channel
 */
async function lag(channel) {
  /** @type {(stream: import("@ssekit/node").EventStream) => void} */
  let opened = () => {};
  /** @type {Promise<import("@ssekit/node").EventStream>} */
  const stream = new Promise((resolve) => (opened = resolve));
  const { port } = await serve((open) => {
    channel.subscribe(open);
    opened(open);
  });
  const clients = await connect(port, 1, { paused: true });
  for (let i = 0; i < 200; i++) {
    await channel.publish(`${i} ${FILLER}`);
    await wait(0);
  }
  return { lagging: await stream, clients };
}

/** @type {Record<string, () => Promise<object>>} */
const cases = {
  /** A program sends 78 000 small messages on a subscribed stream that lags. Then its client reads. */
  async own() {
    const channel = createChannel();
    const { lagging, clients } = await lag(channel);
    const before = await heldMb();
    let sent = 0;
    while (sent < 78_000 && lagging.send("x")) sent++;
    const memoryMb = (await heldMb()) - before;
    const counted = lagging.bufferedBytes;
    const longest = watchLoop();
    clients.send("read");
    const start = performance.now();
    while (lagging.bufferedBytes > 0 && performance.now() - start < 30_000) await wait(5);
    const result = { sent, counted, memoryMb, longestTurnMs: longest() };
    clients.kill();
    return result;
  },
  /** The program calls stream.end() on a lagging subscriber, and the next entry of the subscriber has been evicted. */
  async end() {
    const channel = createChannel({ history: { events: 20 } });
    const { lagging, clients } = await lag(channel);
    lagging.end();
    for (let i = 0; i < 100; i++) await channel.publish(`late ${i}`);
    clients.send("read");
    let published = 0;
    const start = performance.now();
    while (!lagging.signal.aborted && performance.now() - start < 6_000) {
      await channel.publish(`later ${published++}`);
      await wait(5);
    }
    clients.kill();
    return { ended: lagging.signal.aborted, eventsMeanwhile: published };
  },
  /** 200 clients get a snapshot of 10 MB, and never read it. */
  async snapshot() {
    const channel = createChannel();
    const state = "x".repeat(10 << 20);
    const before = await heldMb();
    const { port } = await serve((stream) => channel.subscribe(stream, { snapshot: () => state }));
    const clients = await connect(port, 200, { paused: true });
    await wait(1_500);
    const memoryMb = (await heldMb()) - before;
    clients.kill();
    return { memoryMb };
  },
  /** The program calls sendAll on 200 streams while their snapshots are pending. */
  async pending() {
    const channel = createChannel();
    const { port } = await serve((stream) => {
      channel.subscribe(stream, { snapshot: () => new Promise(() => {}) });
      void stream.sendAll(Array.from({ length: 10 }, () => FILLER));
    });
    const clients = await connect(port, 200);
    await wait(500);
    const before = process.cpuUsage();
    await wait(2_000);
    const { user, system } = process.cpuUsage(before);
    clients.kill();
    return { percentOfACore: Math.round((user + system) / 20_000) };
  },
  /** Events with idempotency keys and topics of 6 KB are published to a log of 1 MiB. */
  async keys() {
    const channel = createChannel({ history: { bytes: 1 << 20 } });
    const before = await heldMb();
    for (let i = 0; i < 10_000; i++) {
      const long = `${i}`.padEnd(6_000, "k");
      await channel.publish({ data: "x", idempotencyKey: long, topic: `${long} topic` });
    }
    return { memoryMb: (await heldMb()) - before, size: channel.size };
  },
  /** Clients choose 500 000 different channel keys. */
  async many() {
    const channels = createChannels();
    const before = await heldMb();
    for (let i = 0; i < 500_000; i++) channels.getOrCreate(`key ${i}`);
    return { memoryMb: (await heldMb()) - before, channels: channels.size };
  },
};

const name = process.argv[2] ?? "";
const run = cases[name];
if (run === undefined) throw new Error(`expected one of ${Object.keys(cases).join(", ")}`);
console.log(JSON.stringify({ case: name, ...(await run()) }));
process.exit();
