// Runs the adapter contract inside other runtimes, one after the other, with the built packages. Each run writes a
// report for the matrix. Usage: node packages/runtimes/run.mjs [runtime…]
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runVitest } from "../../scripts/run-vitest.mjs";

const CONFIG = fileURLToPath(new URL("vitest.config.ts", import.meta.url));
// A run that takes longer hangs.
const LIMIT_MS = 600_000;

/**
 * How a runtime runs a program: the command below `node_modules`, its arguments, and the tests.
 * @type {Record<string, { command: string, args?: string[], tests: string[] }>}
 */
const RUNTIMES = {
  "node-22": { command: "node-22/bin/node", tests: nodeTests() },
  "node-24": { command: "node-24/bin/node", tests: nodeTests() },
  "node-26": { command: "node-26/bin/node", tests: nodeTests() },
  bun: { command: "bun/bin/bun", args: ["--bun"], tests: ["packages/runtimes/contract"] },
  deno: { command: "deno/deno", args: ["run", "-A"], tests: ["packages/runtimes/contract"] },
};

/** To save time, Express 4 and Koa 2 are tested only on the Node that runs `pnpm test`. */
function nodeTests() {
  return [
    "node/test/contract-",
    "express/test/contract-express5",
    "koa/test/contract-koa3",
    "hono/test/contract-",
  ];
}

/**
 * The file of a runtime's report.
 * @param {string} name
 */
export function reportOf(name) {
  return fileURLToPath(new URL(`reports/${name}.json`, import.meta.url));
}

/**
 * Runs the contract inside the runtimes that are installed.
 * @param {readonly string[]} [names]
 */
export function runInRuntimes(names = Object.keys(RUNTIMES)) {
  /** @type {import("../../scripts/vitest-report.mjs").Counts} */
  const counts = { passed: 0, failed: 0, skipped: [] };
  /** @type {string[]} */
  const missing = [];
  for (const name of names) {
    const runtime = RUNTIMES[name];
    const program = runtime && programOf(runtime.command);
    if (program === undefined) {
      missing.push(name);
      continue;
    }
    const start = performance.now();
    const { passed, failed, skipped, details } = runVitest({
      report: reportOf(name),
      config: CONFIG,
      timeout: LIMIT_MS,
      command: [program, ...(runtime?.args ?? [])],
      tests: runtime?.tests ?? [],
      // The contract has 1 000 requests at once. Bun's `fetch` keeps all but 256 waiting by default.
      env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: "5000" },
    });
    counts.passed += passed;
    counts.failed += failed;
    counts.skipped.push(...skipped.map((test) => `${name}: ${test}`));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${failed ? "✗" : "✓"} the contract inside ${name}: ${passed} tests passed (${seconds} s)`);
    if (failed > 0) console.log(details);
  }
  return { ...counts, missing };
}

/** @param {string} command below `node_modules` */
function programOf(command) {
  const path = fileURLToPath(new URL(`node_modules/${command}`, import.meta.url));
  return process.platform === "linux" && process.arch === "x64" && existsSync(path) ? path : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  const { passed, failed, missing } = runInRuntimes(named.length > 0 ? named : undefined);
  if (missing.length > 0) console.log(`Not installed: ${missing.join(", ")}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed + missing.length === 0 ? 0 : 1;
}
