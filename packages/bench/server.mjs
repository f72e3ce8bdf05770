// @ts-check
// The server process of one contender. The argument is the contender's name.
import { once } from "node:events";
import { createServer } from "node:http";
import { Session } from "node:inspector/promises";
import { setTimeout as wait } from "node:timers/promises";
import { contenders } from "./contenders/index.mjs";
import { message } from "./message.mjs";
import { serve } from "./rpc.mjs";

const create = contenders[process.argv[2] ?? ""];
if (create === undefined) throw new Error(`Expected the name of a contender, got ${process.argv[2]}`);
const contender = await create();
const server = createServer(contender.app).listen(0, "127.0.0.1");
await once(server, "listening");

/** @type {Session | undefined} */
let profiler;

serve({
  port: () => /** @type {import("node:net").AddressInfo} */ (server.address()).port,
  open: () => contender.open(),

  /** CPU microseconds that this process has used, also in the kernel. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },

  /** @param {{ turns: number, rate: number, burst: number, bytes: number }} options */
  async publish({ turns, rate, burst, bytes }) {
    const start = performance.now();
    for (let turn = 0; turn < turns; turn++) {
      await wait(Math.max(1, start + (turn * 1000) / rate - performance.now()));
      for (let i = 0; i < burst; i++) contender.send(message(turn * burst + i, bytes));
    }
  },

  async memory() {
    for (let i = 0; i < 5; i++) {
      globalThis.gc?.();
      await wait(20);
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heapUsed, external };
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
