// @ts-check
import { parseArgs } from "node:util";
import { findLeaks, inMb, measureLeaks } from "./measure-leaks.mjs";

const { values } = parseArgs({
  options: {
    cycles: { type: "string", default: "20000" },
    "warm-up": { type: "string", default: "5000" },
    concurrency: { type: "string", default: "200" },
  },
});

const started = performance.now();
const measured = await measureLeaks({
  cycles: Number(values.cycles),
  warmUp: Number(values["warm-up"]),
  concurrency: Number(values.concurrency),
});
const { before, warm, after } = measured;
const seconds = Math.round((performance.now() - started) / 1000);
const served = Object.values(after.requests).reduce((sum, count) => sum + count, 0);

console.log(`${values.cycles} connects and aborts after ${values["warm-up"]} to warm up, ${seconds} s`);
console.log(`${served} requests reached a handler:`, after.requests);
console.table(
  Object.fromEntries(
    Object.keys(after.left).map((what) => [
      what,
      { before: before.left[what], warm: warm.left[what], after: after.left[what] },
    ]),
  ),
);
console.log(
  `Heap used: ${inMb(before.heapUsed)} before, ${inMb(warm.heapUsed)} warm, ${inMb(after.heapUsed)} after`,
);

const leaks = findLeaks(measured);
for (const leak of leaks) console.error(leak);
process.exitCode = leaks.length === 0 ? 0 : 1;
