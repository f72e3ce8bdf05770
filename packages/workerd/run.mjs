// Runs the scenarios on the versions of workerd, and on Node as control. Usage: node packages/workerd/run.mjs
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const VITEST = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const REPORTS = fileURLToPath(new URL("../runtimes/reports/", import.meta.url));
const CONFIG = fileURLToPath(new URL("vitest.config.ts", import.meta.url));
const LIMIT_MS = 300_000;

/** Runs them and writes the report, from which the matrix of runtimes is made. Returns the counts. */
export function runOnWorkerd() {
  const report = `${REPORTS}workerd.json`;
  mkdirSync(REPORTS, { recursive: true });
  rmSync(report, { force: true });
  const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${report}`];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [VITEST, "run", "--config", CONFIG, ...reporters],
    { cwd: root, encoding: "utf8", timeout: LIMIT_MS, maxBuffer: 1 << 28 },
  );
  /** @type {{ assertionResults: { status: string, fullName: string, meta?: { skipReason?: string } }[] }[]} */
  const files = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")).testResults : [];
  const tests = files.flatMap((file) => file.assertionResults);
  const failed = tests.filter((test) => test.status === "failed").length || (status === 0 ? 0 : 1);
  return {
    passed: tests.filter((test) => test.status === "passed").length,
    failed,
    // Without those that cannot hold on a version: the matrix shows the reasons.
    skipped: tests
      .filter((test) => test.status !== "passed" && test.status !== "failed" && !test.meta?.skipReason)
      .map((test) => test.fullName),
    output: failed > 0 ? stdout + stderr : "",
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed, skipped, output } = runOnWorkerd();
  console.log(`${output}${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}
