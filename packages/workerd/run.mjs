// Runs the scenarios on the versions of workerd, and on Node as control. Usage: node packages/workerd/run.mjs
import { fileURLToPath } from "node:url";
import { runVitest } from "../../scripts/run-vitest.mjs";
import { reportOf } from "../runtimes/run.mjs";

const CONFIG = fileURLToPath(new URL("vitest.config.ts", import.meta.url));
const LIMIT_MS = 300_000;

/** Runs them and writes the report, from which the matrix of runtimes is made. Returns the counts. */
export function runOnWorkerd() {
  return runVitest({ report: reportOf("workerd"), config: CONFIG, timeout: LIMIT_MS });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed, skipped, details } = runOnWorkerd();
  if (failed > 0) console.log(details);
  console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}
