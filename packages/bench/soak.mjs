// @ts-check
// Lets two nodes share a log for some minutes while the broker freezes for 10 s in each of them, and checks that memory
// and the number of requests to the broker stay the same: `node soak.mjs [--broker redis] [--minutes 10]`.
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { brokerCalls } from "./ask-broker.mjs";
import { start } from "./rpc.mjs";
import { SoakClient } from "./soak-client.mjs";
import { startBroker } from "./start-broker.mjs";
import { median } from "./statistics.mjs";

const { values } = parseArgs({
  options: { broker: { type: "string", default: "redis" }, minutes: { type: "string", default: "10" } },
});
const kind = /** @type {import("./start-broker.mjs").BrokerKind} */ (values.broker);
const minutes = Number(values.minutes);
if (!(["redis", "nats"].includes(kind) && minutes >= 3)) {
  console.error("Usage: soak [--broker redis|nats] [--minutes N], with at least 3 minutes");
  process.exit(2);
}

const NODE = new URL("cluster-node.mjs", import.meta.url);
const CLIENTS = 40;
/** 50 events per second. */
const BATCH = { events: 10, everyMs: 200 };
const FREEZE_MS = 10_000;
/** More than what is published during a freeze, and little enough to be full after a minute. */
const HISTORY = { events: 2_000, age: 3_600_000 };

const broker = await startBroker(kind);
const options = { broker: { kind, url: broker.url }, history: HISTORY, timeout: 5_000 };
const nodes = [1, 2].map(() => start(NODE, { args: [JSON.stringify(options)], execArgv: ["--expose-gc"] }));
const ports = await Promise.all(nodes.map((node) => node.call("port")));
const clients = Array.from(
  { length: CLIENTS },
  (_, i) => new SoakClient(i % 2 === 0 ? ports : ports.toReversed()),
);

let published = 0;
let over = false;
const publishing = publish();
const churning = churn();
/** @type {{ memory: number, calls: number }[]} */
const rows = [];
console.log("minute  events  MB in each node  requests to the broker  connections");
for (let minute = 1; minute <= minutes; minute++) {
  const callsBefore = await brokerCalls(broker);
  await wait(20_000);
  broker.signal("SIGSTOP");
  await wait(FREEZE_MS);
  broker.signal("SIGCONT");
  await wait(30_000);
  const calls = (await brokerCalls(broker)) - callsBefore;
  const memories = await Promise.all(nodes.map((node) => node.call("memory")));
  rows.push({ memory: Math.max(...memories), calls });
  const connections = clients.reduce((sum, client) => sum + client.connections, 0);
  const megabytes = memories.map((bytes) => (bytes / 1e6).toFixed(1)).join(" ");
  console.log([minute, published, megabytes, calls, connections].join("\t"));
}
over = true;
await Promise.all([publishing, churning]);
const deadline = performance.now() + 30_000;
while (clients.some(({ received }) => received < published) && performance.now() < deadline) await wait(50);

// The first minute is a warm-up.
const steady = rows.slice(1);
const third = Math.max(1, Math.floor(steady.length / 3));
const problems = clients.flatMap(({ received, faults }, i) =>
  received === published && faults === 0
    ? []
    : [`client ${i} has ${received} of ${published} events, and ${faults} repeated ones or resets`],
);
for (const [what, allowed, spare] of /** @type {const} */ ([
  ["memory", 1.1, 1e6],
  ["calls", 1.2, 50],
])) {
  const first = median(steady.slice(0, third).map((row) => row[what]));
  const last = median(steady.slice(-third).map((row) => row[what]));
  if (last > first * allowed + spare) problems.push(`${what} grew from ${first} to ${last}`);
}
for (const client of clients) client.leave();
await Promise.all(nodes.map((node) => node.stop()));
await broker.stop();
console.log(
  problems.length === 0
    ? "Memory and requests are flat, and no event was lost or repeated."
    : problems.join("\n"),
);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Publishes numbers, on both nodes in turn. */
async function publish() {
  for (let turn = 0; !over; turn++) {
    const numbers = Array.from({ length: BATCH.events }, (_, i) => published + i + 1);
    await nodes[turn % 2]?.call("publish", numbers, 120);
    published += BATCH.events;
    await wait(BATCH.everyMs);
  }
}

/** Breaks the connections of all clients, one after another. */
async function churn() {
  for (let turn = 0; !over; turn++) {
    clients[turn % CLIENTS]?.cut();
    await wait(500);
  }
}
