// Runs every check of the repository and prints one line for each. After a failure, the other checks still run.
// The arguments are passed to vitest.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkMatrix } from "../packages/runtimes/matrix.mjs";
import { reportOf, runInRuntimes } from "../packages/runtimes/run.mjs";
import { runOnWorkerd } from "../packages/workerd/run.mjs";
import { environment } from "./environment.mjs";
import { missingPackages } from "./system-programs.mjs";
import { countResults, readReport } from "./vitest-report.mjs";

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

// Outside the workspace, so that `pnpm install` and `pnpm demo` do without them. `check:packages` packs the API reference.
const docs = install("docs", "--ignore-scripts");

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

// Outside the workspace, so that `pnpm install` and `pnpm demo` do without these 600 MB.
const runtimes = install("packages/runtimes");
const workerd = install("packages/workerd", "--ignore-scripts");

const args = process.argv.slice(2);
const tests = runVitest(args);
passed += tests.passed;
failed += tests.failed;

if (args.length === 0 && workerd.status === 0) {
  const onWorkerd = runOnWorkerd();
  passed += onWorkerd.passed;
  failed += onWorkerd.failed;
  tests.skipped.push(...onWorkerd.skipped);
  console.log(`${onWorkerd.failed > 0 ? "✗" : "✓"} the scenarios on workerd`);
  if (onWorkerd.failed > 0) console.log(onWorkerd.details);
}

const requireAll = process.env.SSEKIT_REQUIRE_ALL === "1";
/** @type {string[]} */
const omissions = [];
if (args.length === 0) {
  const inRuntimes = runInRuntimes();
  passed += inRuntimes.passed;
  failed += inRuntimes.failed;
  tests.skipped.push(...inRuntimes.skipped);
  const matrix = checkMatrix();
  if (matrix.problems.length > 0) {
    failed++;
    console.log(`✗ the matrix of runtimes:\n${matrix.problems.map((line) => `  ${line}`).join("\n")}`);
  } else if (matrix.omissions.length === 0) {
    passed++;
    console.log("✓ the matrix of runtimes");
  }
  omissions.push(
    ...inRuntimes.missing.map((name) => `the contract inside ${name}, which is not installed`),
    ...matrix.omissions.map((line) => `the matrix of runtimes: ${line}`),
  );
}

const missing = missingPackages();
if (tests.skipped.length > 0) {
  console.log(`Skipped:\n${tests.skipped.map((test) => `  ${test}`).join("\n")}`);
  if (requireAll) failed += tests.skipped.length;
}
if (runtimes.status !== 0) {
  console.log(`Tests in other runtimes were left out, as they were not installed:\n${runtimes.stdout}`);
  if (requireAll) failed++;
}
if (omissions.length > 0) {
  console.log(`Left out:\n${omissions.map((line) => `  ${line}`).join("\n")}`);
  if (requireAll) failed += omissions.length;
}
if (docs.status !== 0) {
  console.log(`Tests of the site were left out, as its tools were not installed:\n${docs.stdout}`);
  if (requireAll) failed++;
}
if (workerd.status !== 0) {
  console.log(`Tests on workerd were left out, as it was not installed:\n${workerd.stdout}`);
  if (requireAll) failed++;
}
if (missing.length > 0) {
  console.log(
    `Programs or fonts that the tests need are missing. To install them: apt-get install -y ${missing.join(" ")}`,
  );
  if (requireAll) failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * Installs a package that is not in the workspace.
 * @param {string} folder
 * @param {string[]} options
 */
function install(folder, ...options) {
  const args = ["install", "--ignore-workspace", "--frozen-lockfile", ...options];
  return spawnSync("pnpm", args, { cwd: folder, env: environment, encoding: "utf8" });
}

/**
 * Runs vitest and counts the results in its report.
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
    if (args.length === 0) keepReport(report);
    return countResults(readReport(report), status);
  } catch (error) {
    console.error("vitest wrote no report:", error);
    return { passed: 0, failed: 1, skipped: [] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Keeps the report for the matrix: it has the results of the Node that runs this script.
 * @param {string} report
 */
function keepReport(report) {
  const kept = reportOf(`node-${process.versions.node.split(".")[0]}`);
  mkdirSync(join(kept, ".."), { recursive: true });
  copyFileSync(report, kept);
}
