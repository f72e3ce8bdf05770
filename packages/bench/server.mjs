// @ts-check
// The server process of one contender. The arguments are the contender's name and its options.
import { once } from "node:events";
import { Session } from "node:inspector/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { createContender } from "./contenders/index.mjs";
import { message } from "./message.mjs";
import { serve } from "./rpc.mjs";

const [name = "", options = "{}"] = process.argv.slice(2);
const contender = await createContender(name, JSON.parse(options));
contender.server?.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
if (contender.server !== undefined) await once(contender.server, "listening");

/** @type {Session | undefined} */
let profiler;
const loopDelay = monitorEventLoopDelay({ resolution: 1 });

serve({
  port() {
    const address = /** @type {import("node:net").AddressInfo | undefined} */ (contender.server?.address());
    return contender.port ?? address?.port;
  },
  open: () => contender.open(),
  blocked: () => contender.blocked?.(),

  /** CPU microseconds that the server has used, in user mode and in the kernel. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return contender.cpu?.() ?? user + system;
  },

  /**
   * Sends `burst` events in each of `turns` turns of the event loop. The topics take turns. Returns the time of each event
   * in milliseconds of the machine's clock. Under each topic the events are numbered from 0.
   * @param {{ turns: number, rate: number, burst: number, bytes: number, topics?: (string | undefined)[] }} load
   */
  async publish({ turns, rate, burst, bytes, topics = [undefined] }) {
    const start = performance.now();
    const sentAt = [];
    for (let i = 0; i < turns; i++) {
      const late = performance.now() - start - (i * 1000) / rate;
      await (late > -1 ? turn() : wait(-late));
      for (let j = 0; j < burst; j++) {
        const count = i * burst + j;
        const data = message(Math.floor(count / topics.length), bytes);
        sentAt.push(Number(process.hrtime.bigint()) / 1e6);
        const sent = contender.send(data, topics[count % topics.length]);
        if (sent instanceof Promise) await sent;
      }
    }
    return sentAt;
  },

  /**
   * Publishes old events, for clients that resume. Returns the id of the first one.
   * @param {{ events: number, bytes: number }} options
   */
  async fill({ events, bytes }) {
    const first = contender.sendOld?.(message(0, bytes));
    for (let i = 1; i < events; i++) void contender.sendOld?.(message(i, bytes));
    return await first;
  },

  /**
   * Writes answers to their end, 100 at the same time.
   * @param {{ answers: number, tokens: number, bytes: number }} options
   */
  async finish({ answers, tokens, bytes }) {
    const items = Array.from({ length: tokens }, (_, i) => message(i, bytes));
    const one = async () => await contender.finish?.(items);
    for (let i = 0; i < answers; i += 100)
      await Promise.all(Array.from({ length: Math.min(100, answers - i) }, one));
  },

  brokerCpu: () => contender.broker?.cpu(),
  brokerMemory: () => contender.broker?.memory(),

  async memory() {
    for (let i = 0; i < 5; i++) {
      globalThis.gc?.();
      await wait(20);
    }
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    return { rss: contender.rss?.() ?? rss, heapUsed, arrayBuffers };
  },

  watchLoop() {
    globalThis.gc?.();
    loopDelay.reset();
    loopDelay.enable();
  },

  /** The longest time since `watchLoop` for which the event loop stood still, in milliseconds. */
  longestStandstill() {
    loopDelay.disable();
    return loopDelay.max / 1e6;
  },

  async startProfile() {
    profiler = new Session();
    profiler.connect();
    await profiler.post("Profiler.enable");
    await profiler.post("Profiler.setSamplingInterval", { interval: 200 });
    await profiler.post("Profiler.start");
  },

  async stopProfile() {
    const result = await profiler?.post("Profiler.stop");
    profiler?.disconnect();
    return result?.profile;
  },
});
