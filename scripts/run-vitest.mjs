import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { countResults, failuresOf, readReport } from "./vitest-report.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const VITEST = "node_modules/vitest/vitest.mjs";

/**
 * Runs vitest by another runtime or with another configuration, and keeps its report for the matrix of runtimes.
 * @param {object} run
 * @param {string} run.report the file of the report
 * @param {string} run.config the configuration of vitest
 * @param {number} run.timeout milliseconds; a run that takes longer hangs
 * @param {[program: string, ...args: string[]]} [run.command] the runtime
 * @param {readonly string[]} [run.tests]
 * @param {NodeJS.ProcessEnv} [run.env]
 * @returns {import("./vitest-report.mjs").Counts & { details: string }} `details`: the failures, or what vitest printed
 */
export function runVitest({
  report,
  config,
  timeout,
  command: [program, ...args] = [process.execPath],
  tests = [],
  env = process.env,
}) {
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${report}`];
  const { status, stdout, stderr } = spawnSync(
    program,
    [...args, VITEST, "run", "--config", config, ...reporters, ...tests],
    { cwd: root, encoding: "utf8", timeout, maxBuffer: 1 << 28, env },
  );
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: [], details: stdout + stderr };
  const files = readReport(report);
  return { ...countResults(files, status), details: failuresOf(files).join("\n") || stderr };
}
