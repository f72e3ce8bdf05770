// Runs every check of the repository and prints one line for each. After a failure, the other checks still run.
// The arguments are passed to vitest.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOnWorkerd } from "../packages/workerd/run.mjs";
import { environment } from "./environment.mjs";
import { missingPackages } from "./system-programs.mjs";

// These are scripts of package.json, so that each can also be run alone.
const checks = [
  "build",
  "typecheck",
  "lint",
  "check:format",
  "check:versions",
  "check:unused",
  "check:packages",
  "check:size",
];
const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));

let passed = 0;
let failed = 0;

for (const name of checks) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(scripts[name], {
    shell: true,
    env: environment,
    encoding: "utf8",
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (status === 0) {
    passed++;
    console.log(`✓ ${name} (${seconds} s)`);
  } else {
    failed++;
    console.log(`✗ ${name} (${seconds} s): ${scripts[name]}\n${stdout}${stderr}`);
  }
}

// Outside the workspace, so that `pnpm install` and `pnpm demo` do without these 400 MB.
const runtimes = spawnSync("pnpm", ["install", "--ignore-workspace", "--frozen-lockfile"], {
  cwd: "packages/runtimes",
  env: environment,
  encoding: "utf8",
});

const workerd = spawnSync(
  "pnpm",
  ["install", "--ignore-workspace", "--frozen-lockfile", "--ignore-scripts"],
  { cwd: "packages/workerd", env: environment, encoding: "utf8" },
);

const tests = runVitest(process.argv.slice(2));
passed += tests.passed;
failed += tests.failed;

const args = process.argv.slice(2);
if (args.length === 0 && workerd.status === 0) {
  const onWorkerd = runOnWorkerd();
  passed += onWorkerd.passed;
  failed += onWorkerd.failed;
  tests.skipped.push(...onWorkerd.skipped);
  console.log(`${onWorkerd.failed > 0 ? "✗" : "✓"} the scenarios on workerd${onWorkerd.output}`);
}

const requireAll = process.env.SSEKIT_REQUIRE_ALL === "1";
const missing = missingPackages();
if (tests.skipped.length > 0) {
  console.log(`Skipped:\n${tests.skipped.map((test) => `  ${test}`).join("\n")}`);
  if (requireAll) failed += tests.skipped.length;
}
if (runtimes.status !== 0) {
  console.log(
    `Tests on other versions of Node were left out, as they were not installed:\n${runtimes.stdout}`,
  );
  if (requireAll) failed++;
}
if (workerd.status !== 0) {
  console.log(`Tests on workerd were left out, as it was not installed:\n${workerd.stdout}`);
  if (requireAll) failed++;
}
if (missing.length > 0) {
  console.log(
    `Tests were skipped because programs are missing. To install them: apt-get install -y ${missing.join(" ")}`,
  );
  if (requireAll) failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * Runs vitest and counts the results in its report. A file that fails without a failed test (for example, because it does
 * not load) counts as one failure. So does a run that fails for another reason, such as an unhandled error or no tests.
 * @param {string[]} args
 */
function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), "ssekit-report-"));
  const report = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  try {
    const { status } = spawnSync("vitest", ["run", ...reporters, ...args], {
      env: environment,
      stdio: "inherit",
    });
    /** @type {FileReport[]} */
    const files = JSON.parse(readFileSync(report, "utf8")).testResults;
    const results = files.flatMap((file) => file.assertionResults);
    const failures = results.filter(isFailed).length + files.filter(isFailedItself).length;
    return {
      passed: results.filter((result) => result.status === "passed").length,
      failed: failures || (status === 0 ? 0 : 1),
      skipped: results.filter(isSkipped).map((result) => result.fullName),
    };
  } catch (error) {
    console.error("vitest wrote no report:", error);
    return { passed: 0, failed: 1, skipped: [] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @typedef {{ status: string, fullName: string }} TestReport
 * @typedef {{ status: string, assertionResults: TestReport[] }} FileReport
 */

/** @param {TestReport} test */
function isFailed(test) {
  return test.status === "failed";
}

/** @param {TestReport} test */
function isSkipped(test) {
  return test.status !== "passed" && test.status !== "failed";
}

/** @param {FileReport} file */
function isFailedItself(file) {
  return file.status === "failed" && !file.assertionResults.some(isFailed);
}
