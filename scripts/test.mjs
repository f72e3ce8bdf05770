// Every check of the repository, one line each; the rest runs on after a failure.
// Arguments go to vitest.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment } from "./environment.mjs";
import { missingPackages } from "./system-programs.mjs";

// Scripts of package.json, so that each can be run by itself.
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

const tests = runVitest(process.argv.slice(2));
passed += tests.passed;
failed += tests.failed;

const requireAll = process.env.SSEKIT_REQUIRE_ALL === "1";
const missing = missingPackages();
if (tests.skipped.length > 0) {
  console.log(`Left out:\n${tests.skipped.map((test) => `  ${test}`).join("\n")}`);
  if (requireAll) failed += tests.skipped.length;
}
if (runtimes.status !== 0) {
  console.log(
    `Tests on other versions of Node were left out, as they were not installed:\n${runtimes.stdout}`,
  );
  if (requireAll) failed++;
}
if (missing.length > 0) {
  console.log(`Tests that need these were left out: apt-get install -y ${missing.join(" ")}`);
  if (requireAll) failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * Counts from vitest's own report. A file that fails without a failed test (it does not load, say) counts
 * as one, and so does a run that fails for another reason, such as an unhandled error or no test at all.
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
    console.error("vitest left no report:", error);
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
