// @ts-check
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cases } from "./cases/index.mjs";
import { contenderNames, missing } from "./contenders/index.mjs";
import { describeMachine } from "./report/machine.mjs";
import { summarize } from "./report/summary.mjs";
import { drawSvg } from "./report/svg.mjs";
import { printResult } from "./report/table.mjs";

/** A case takes at most two minutes on an idle machine. */
const CASE_LIMIT_SECONDS = 300;
const HELP = `bench [case ...] [options]      cases: ${Object.keys(cases).join(", ")}; default: all
  --seconds N      publish for N seconds, for each contender in each round; default 2
  --rounds N       measure N rounds; default 5
  --only A,B       run only these contenders: ${contenderNames.join(", ")}
  --clients N      use N clients instead of the number in the case
  --bytes N        use events of N bytes of JSON instead of the size in the case
  --rate N         use N turns per second instead of the rate in the case
  --json FILE      also write the figures to FILE
  --svg FILE       also draw the figures to FILE
  --limits         exit with 1 if a limit is not met
  --profile DIR    write a CPU profile of each contender to DIR, and measure nothing else`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: contenderNames.join(",") },
    clients: { type: "string" },
    bytes: { type: "string" },
    rate: { type: "string" },
    json: { type: "string" },
    svg: { type: "string" },
    limits: { type: "boolean", default: false },
    profile: { type: "string" },
    help: { type: "boolean" },
  },
});

if (values.help) {
  console.log(HELP);
  process.exit();
}
const names = positionals.length > 0 ? positionals : Object.keys(cases);
for (const name of names) {
  if (!Object.hasOwn(cases, name))
    fail(`case: expected one of ${Object.keys(cases).join(", ")}, got ${name}`);
}
const only = values.only.split(",");
for (const name of only) {
  if (!contenderNames.includes(name))
    fail(`--only: expected some of ${contenderNames.join(", ")}, got ${name}`);
}
const { clients, bytes, rate } = values;
const settings = {
  seconds: number("seconds", values.seconds),
  rounds: number("rounds", values.rounds),
  load: {
    ...(clients !== undefined && { clients: number("clients", clients) }),
    ...(bytes !== undefined && { bytes: number("bytes", bytes) }),
    ...(rate !== undefined && { rate: number("rate", rate) }),
  },
};
/** @type {Record<string, string>} */
const leftOut = {};
for (const name of only) {
  const reason = missing(name);
  if (reason !== undefined) leftOut[name] = reason;
}
for (const [name, reason] of Object.entries(leftOut)) console.log(`${name} is left out: ${reason}`);

/** @type {import("./report/summary.mjs").Result[]} */
const results = [];
for (const name of names) {
  const chosen = /** @type {import("./cases/index.mjs").Case} */ (cases[name]);
  const contenders = chosen.contenders.filter((one) => only.includes(one) && leftOut[one] === undefined);
  if (contenders.length === 0) continue;
  const reason = chosen.missing?.();
  if (reason !== undefined) {
    leftOut[name] = reason;
    console.log(`${name} is left out: ${reason}`);
    continue;
  }
  const late = setTimeout(() => {
    console.error(`${name} has not ended within ${CASE_LIMIT_SECONDS} s`);
    process.exit(1);
  }, CASE_LIMIT_SECONDS * 1000);
  try {
    if (values.profile === undefined) results.push(await run(name, chosen, contenders));
    else await profile(name, chosen, contenders, values.profile);
  } catch (error) {
    // The other cases still have a result.
    console.error(`\n${name} has no result:`, error);
    process.exitCode = 1;
  }
  clearTimeout(late);
}

const machine = describeMachine();
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ ...machine, ...settings, leftOut, results }, null, 2)}\n`);
if (values.svg !== undefined) writeFileSync(values.svg, drawSvg(machine, results));
const limits = results.flatMap((result) => result.limits);
const missed = limits.filter(({ met }) => met === false);
const measured = limits.filter(({ met }) => met !== undefined);
if (measured.length > 0)
  console.log(`\n${measured.length - missed.length} of ${measured.length} limits are met.`);
if (values.limits && missed.length > 0) process.exitCode = 1;

/** @param {string} name @param {import("./cases/index.mjs").Case} chosen @param {string[]} contenders */
async function run(name, chosen, contenders) {
  const start = performance.now();
  process.stderr.write(`${name} `);
  const metrics = await chosen.measure(contenders, { ...settings, onTurn: () => process.stderr.write(".") });
  process.stderr.write("\n");
  const seconds = Math.round((performance.now() - start) / 1000);
  const { reference } = chosen;
  const changed = Object.entries(settings.load).map(([what, count]) => `${what} ${count}`);
  const title = [chosen.title, ...changed].join("; ");
  const result = { case: name, title, reference, seconds, load: loadavg()[0], ...summarize(chosen, metrics) };
  printResult(result);
  return result;
}

/** @param {string} name @param {import("./cases/index.mjs").Case} chosen @param {string[]} contenders @param {string} folder */
async function profile(name, chosen, contenders, folder) {
  mkdirSync(folder, { recursive: true });
  for (const contender of contenders) {
    if (chosen.profile === undefined) continue;
    const file = join(folder, `${name}-${contender.replaceAll(/\W+/g, "-")}.cpuprofile`);
    writeFileSync(file, JSON.stringify(await chosen.profile(contender, settings)));
    console.log(file);
  }
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
