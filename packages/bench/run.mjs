// @ts-check
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { caseNames, idle, loads } from "./cases.mjs";
import { contenders, reference } from "./contenders/index.mjs";
import { measureCpu, measureMemory, profile } from "./measure.mjs";

const HELP = `node run.mjs [case ...] [options]      cases: ${caseNames.join(", ")}; default: all
  --seconds N      publish for N seconds, for each contender in each round; default 3
  --rounds N       measure N rounds; default 5
  --only A,B       run only these contenders: ${Object.keys(contenders).join(", ")}
  --clients N      use N clients instead of the number in the case
  --bytes N        use messages of N bytes of JSON instead of the size in the case
  --rate N         use N turns per second instead of the rate in the case
  --json FILE      also write the figures to FILE
  --profile DIR    write a CPU profile of each contender to DIR, and measure nothing else`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: Object.keys(contenders).join(",") },
    clients: { type: "string" },
    bytes: { type: "string" },
    rate: { type: "string" },
    json: { type: "string" },
    profile: { type: "string" },
    help: { type: "boolean" },
  },
});

if (values.help) {
  console.log(HELP);
  process.exit();
}
const chosen = positionals.length > 0 ? positionals : caseNames;
const only = values.only.split(",");
for (const name of chosen)
  if (!caseNames.includes(name)) fail(`case: expected one of ${caseNames.join(", ")}, got ${name}`);
for (const name of only) {
  if (!Object.hasOwn(contenders, name))
    fail(`--only: expected some of ${Object.keys(contenders).join(", ")}, got ${name}`);
}
const seconds = number("seconds", values.seconds);
const rounds = number("rounds", values.rounds);
const results = [];

for (const name of chosen) {
  const load = loads[name];
  if (load !== undefined && values.profile !== undefined)
    await runProfile(name, withOptions(load), values.profile);
  else if (load !== undefined) results.push(await runLoad(name, withOptions(load)));
  else if (values.profile === undefined) results.push(await runIdle());
}

if (values.json !== undefined) {
  const machine = { node: process.version, cpus: availableParallelism(), date: new Date().toISOString() };
  writeFileSync(values.json, `${JSON.stringify({ ...machine, seconds, rounds, results }, null, 2)}\n`);
}

/** @param {string} name @param {import("./cases.mjs").Load} load */
async function runLoad(name, load) {
  const onRound = (/** @type {number} */ round) =>
    process.stderr.write(`\r${name}: round ${round + 1} of ${rounds} `);
  const measured = await measureCpu(only, load, { seconds, rounds, onRound });
  process.stderr.write("\r");
  const perEvent = new Map(
    [...measured].map(([contender, all]) => [contender, all.map((one) => one.cpu / one.events)]),
  );
  const rows = [...measured].map(([contender, all]) => {
    const micros = perEvent.get(contender) ?? [];
    // Both figures are of the same round, in which other work of the machine affects both.
    const ratios = perEvent.get(reference)?.map((of, round) => (micros[round] ?? NaN) / of);
    return {
      contender,
      microsPerEvent: median(micros),
      least: Math.min(...micros),
      most: Math.max(...micros),
      ratio: ratios && median(ratios),
      events: all.reduce((sum, one) => sum + one.events, 0),
    };
  });
  console.log(
    `\n${name}: ${load.clients} clients, ${load.rate} turns/s of ${load.burst} × ${load.bytes} bytes`,
  );
  console.table(
    Object.fromEntries(
      rows.map((row) => [
        row.contender,
        {
          "µs of CPU per event": round(row.microsPerEvent, 2),
          least: round(row.least, 2),
          most: round(row.most, 2),
          [`of ${reference}`]: row.ratio === undefined ? "" : round(row.ratio, 2),
          "events counted": row.events,
        },
      ]),
    ),
  );
  return { case: name, ...load, load: loadavg()[0], rows };
}

async function runIdle() {
  const clients = values.clients === undefined ? idle.clients : number("clients", values.clients);
  const rows = [];
  for (const contender of only) rows.push({ contender, ...(await measureMemory(contender, clients)) });
  console.log(`\nidle: ${clients} streams`);
  console.table(
    Object.fromEntries(
      rows.map(({ contender, rss, heapUsed, external }) => [
        contender,
        { "KB of RSS per stream": kb(rss), "of heap": kb(heapUsed), "of external": kb(external) },
      ]),
    ),
  );
  return { case: "idle", clients, rows };
}

/** @param {string} name @param {import("./cases.mjs").Load} load @param {string} folder */
async function runProfile(name, load, folder) {
  mkdirSync(folder, { recursive: true });
  for (const contender of only) {
    const file = join(folder, `${name}-${contender.replaceAll(/\W+/g, "-")}.cpuprofile`);
    writeFileSync(file, JSON.stringify(await profile(contender, load, seconds)));
    console.log(file);
  }
}

/** @param {import("./cases.mjs").Load} load */
function withOptions(load) {
  const { clients, bytes, rate } = values;
  return {
    ...load,
    ...(clients === undefined ? {} : { clients: number("clients", clients) }),
    ...(bytes === undefined ? {} : { bytes: number("bytes", bytes) }),
    ...(rate === undefined ? {} : { rate: number("rate", rate) }),
  };
}

/** @param {string} option @param {string} text */
function number(option, text) {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) fail(`--${option}: expected a number above 0, got ${text}`);
  return value;
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`${message}\n\n${HELP}`);
  process.exit(2);
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle) - 1] ?? NaN)) / 2;
}

/** @param {number} value @param {number} digits */
function round(value, digits) {
  return Number(value.toFixed(digits));
}

/** @param {number} bytes */
function kb(bytes) {
  return round(bytes / 1024, 1);
}
