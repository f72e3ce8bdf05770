// @ts-check
// What many logs and a long log cost: `node logs.mjs [--broker redis] [--logs 10000] [--entries 1000000]`.
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { brokerCalls, brokerConnections } from "./ask-broker.mjs";
import { openStore } from "./open-store.mjs";
import { startBroker } from "./start-broker.mjs";

const { values } = parseArgs({
  options: {
    broker: { type: "string", default: "redis" },
    logs: { type: "string", default: "10000" },
    entries: { type: "string", default: "1000000" },
  },
});
const IDLE_SECONDS = 20;
const UNLIMITED = { events: Infinity, bytes: Infinity, age: Infinity };
const kind = /** @type {import("./start-broker.mjs").BrokerKind} */ (values.broker);
const broker = await startBroker(kind);
const { store, close } = await openStore({ kind, url: broker.url }, { history: UNLIMITED });

const opening = performance.now();
const logs = Array.from({ length: Number(values.logs) }, (_, i) => store.open(`log ${i}`));
for (let i = 0; i < logs.length; i += 500) {
  await Promise.all(
    logs.slice(i, i + 500).map(async (log) => {
      await log.append([{ data: "a" }]);
      await log.tail(() => {});
    }),
  );
}
console.log(`${logs.length} logs with one entry each, followed within ${seconds(opening)} s`);
console.log(`${await brokerConnections(broker)} connections`);
await wait(10_000); // what opening has caused is over
const callsBefore = await brokerCalls(broker);
const cpuBefore = broker.cpu();
await wait(IDLE_SECONDS * 1_000);
const cpu = (broker.cpu() - cpuBefore) / 1_000 / IDLE_SECONDS;
const calls = ((await brokerCalls(broker)) - callsBefore) / IDLE_SECONDS;
console.log(
  `While idle: ${cpu.toFixed(1)} ms of the broker's CPU and ${calls.toFixed(1)} requests per second`,
);
await Promise.all(logs.map((log) => log.close()));

const long = store.open("long");
const draft = { event: "tick", data: "x".repeat(100) };
for (let n = 0; n < Number(values.entries); n += 500)
  await long.append(Array.from({ length: 500 }, () => draft));
await close();
const other = await openStore({ kind, url: broker.url }, { history: UNLIMITED });
const start = performance.now();
const log = other.store.open("long");
const { cursor } = await log.tail(() => {});
const page = await log.read("start", { events: 500, bytes: 64 * 1024 });
const count = "entries" in page ? page.entries.length : 0;
console.log(
  `A log with ${values.entries} entries: followed, and ${count} read from its start, in ${seconds(start)} s (${cursor})`,
);
await other.close();
await broker.stop();

/** @param {number} since */
function seconds(since) {
  return ((performance.now() - since) / 1_000).toFixed(2);
}
