// Makes the matrix of the README, runtime × behaviour, from the reports. Usage: node packages/runtimes/matrix.mjs
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isFailed, isSkipped, readReport } from "../../scripts/vitest-report.mjs";
import { BEHAVIOURS, COLUMNS } from "./behaviours.mjs";
import { reportOf } from "./run.mjs";

/** @typedef {import("../../scripts/vitest-report.mjs").TestReport} TestReport */

const README = new URL("../../README.md", import.meta.url);
const CONTRACT = "the contract of adapters: ";
const BEGIN = "<!-- matrix: `pnpm run matrix` writes this table from the results of the tests -->";
const END = "<!-- end of the matrix -->";

/**
 * Makes the matrix. `omissions` says what could not be shown, because tests did not run. `problems` says what is wrong.
 * @param {(column: string) => TestReport[] | undefined} [testsOf]
 */
export function makeMatrix(testsOf = readTests) {
  /** @type {string[]} */
  const omissions = [];
  /** @type {string[]} */
  const problems = [];
  /** @type {string[]} */
  const notes = [];
  const columns = Object.entries(COLUMNS).flatMap(([name, heading]) => {
    const tests = testsOf(name)?.filter((test) => test.ancestorTitles[0]?.startsWith(CONTRACT));
    if (tests === undefined) omissions.push(`${heading} has no report`);
    return tests === undefined ? [] : [{ heading, tests }];
  });
  for (const group of ungrouped(columns.flatMap(({ tests }) => tests)))
    problems.push(`No behaviour of the matrix has the group "${group}"`);

  const rows = Object.keys(BEHAVIOURS).map((behaviour) => [
    behaviour,
    ...columns.map(({ heading, tests }) =>
      cell(
        `${behaviour} on ${heading}`,
        tests.filter((test) => belongsTo(behaviour, test)),
      ),
    ),
  ]);
  return {
    text: render([["", ...columns.map(({ heading }) => heading)], ...rows], notes),
    omissions,
    problems,
  };

  /**
   * @param {string} where
   * @param {TestReport[]} tests
   */
  function cell(where, tests) {
    if (tests.length === 0) problems.push(`${where}: no test`);
    if (tests.some(isFailed)) problems.push(`${where}: a test failed`);
    const skipped = tests.filter(isSkipped);
    for (const test of skipped)
      if (!test.meta.skipReason) omissions.push(`${where}: skipped without a reason: ${test.fullName}`);
    const reasons = new Set(skipped.flatMap(({ meta }) => meta.skipReason ?? []));
    const numbers = [...reasons].map((reason) => {
      if (!notes.includes(reason)) notes.push(reason);
      return `[${notes.indexOf(reason) + 1}]`;
    });
    const sign = tests.some(isFailed) ? "✗" : tests.every(isSkipped) ? "–" : "✓";
    return [sign, ...numbers].join(" ");
  }
}

/** What is wrong with the matrix in the README. */
export function checkMatrix() {
  const { text, omissions, problems } = makeMatrix();
  const { before, after } = splitReadme();
  const isCurrent = readFileSync(README, "utf8") === before + text + after;
  // With omissions the text differs anyway.
  if (!isCurrent && omissions.length === 0)
    problems.push("The matrix in README.md is not what the tests show. Run `pnpm run matrix`");
  return { omissions, problems };
}

/** @param {string} column */
function readTests(column) {
  const report = reportOf(column);
  return existsSync(report) ? readReport(report).flatMap((file) => file.assertionResults) : undefined;
}

/**
 * @param {string} behaviour
 * @param {TestReport} test
 */
function belongsTo(behaviour, { ancestorTitles: [, group = ""] }) {
  return [behaviour, ...(BEHAVIOURS[behaviour] ?? [])].some((title) => group.startsWith(title));
}

/** @param {TestReport[]} tests */
function ungrouped(tests) {
  const unknown = tests.filter((test) => !Object.keys(BEHAVIOURS).some((each) => belongsTo(each, test)));
  return new Set(unknown.map((test) => test.ancestorTitles[1]));
}

/**
 * Renders the table as the formatter does.
 * @param {string[][]} rows
 * @param {string[]} notes
 */
function render(rows, notes) {
  const width = (/** @type {number} */ i) => Math.max(3, ...rows.map((row) => row[i]?.length ?? 0));
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((text, i) => text.padEnd(width(i))).join(" | ")} |`;
  const [head = [], ...body] = rows;
  const table = [line(head), line(head.map((_, i) => "-".repeat(width(i)))), ...body.map(line)];
  const list = notes.map((note, i) => `- [${i + 1}] ${note}.`);
  return `\n\n${table.join("\n")}\n\n${list.length > 0 ? `${list.join("\n")}\n\n` : ""}`;
}

/** The README before and after the matrix. */
function splitReadme() {
  const text = readFileSync(README, "utf8");
  const begin = text.indexOf(BEGIN) + BEGIN.length;
  const end = text.indexOf(END);
  if (begin < BEGIN.length || end < begin) throw new Error("README.md has no place for the matrix");
  return { before: text.slice(0, begin), after: text.slice(end) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { text, omissions, problems } = makeMatrix();
  const { before, after } = splitReadme();
  writeFileSync(README, before + text + after);
  for (const problem of [...omissions, ...problems]) console.error(problem);
  process.exitCode = omissions.length + problems.length === 0 ? 0 : 1;
}
