// @ts-check
// What a broker and the nodes need for one log that several nodes follow: `node nodes.mjs [--broker redis] [--rate 1000]`.
// All nodes are in this process.
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openStore } from "./open-store.mjs";
import { startBroker } from "./start-broker.mjs";

const { values } = parseArgs({
  options: { broker: { type: "string", default: "redis" }, rate: { type: "string", default: "1000" } },
});
const SECONDS = 6;
const kind = /** @type {import("./start-broker.mjs").BrokerKind} */ (values.broker);
const rate = Number(values.rate);
const broker = await startBroker(kind);

for (const count of [1, 3, 10]) {
  const nodes = await Promise.all(
    Array.from({ length: count }, () =>
      openStore({ kind, url: broker.url }, { history: { events: 10_000 } }),
    ),
  );
  const logs = nodes.map(({ store }) => store.open(`log of ${count} nodes`));
  let heard = 0;
  for (const log of logs) {
    await log.tail((news) => {
      if ("entries" in news) heard += news.entries.length;
    });
  }
  const draft = { event: "tick", data: "x".repeat(300) };
  const brokerBefore = broker.cpu();
  const ownBefore = process.cpuUsage();
  const start = performance.now();
  /** @type {unknown[]} */
  const appends = [];
  while (appends.length < rate * SECONDS) {
    const due = Math.min(((performance.now() - start) / 1_000) * rate, rate * SECONDS);
    // Each in a turn of its own.
    for (; appends.length < due; await turn()) appends.push(logs[0]?.append([draft]));
    await wait(1);
  }
  await Promise.all(appends);
  while (heard < appends.length * count) await wait(5);
  const micros = (performance.now() - start) * 1_000;
  const share = ((broker.cpu() - brokerBefore) / micros) * 100;
  const { user, system } = process.cpuUsage(ownBefore);
  console.log(
    `${count} nodes, ${Math.round((appends.length / micros) * 1e6)} events per second: ${share.toFixed(1)} % of a core in the ` +
      `broker, ${((user + system) / heard).toFixed(0)} µs for an event in each node`,
  );
  for (const { close } of nodes) await close();
}
await broker.stop();
