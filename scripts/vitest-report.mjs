import { readFileSync } from "node:fs";

/**
 * @typedef {object} TestReport
 * @property {string} status
 * @property {string} fullName
 * @property {string[]} ancestorTitles
 * @property {string[]} [failureMessages]
 * @property {{ skipReason?: string }} meta
 */
/** @typedef {{ status: string, message: string, assertionResults: TestReport[] }} FileReport */
/** @typedef {{ passed: number, failed: number, skipped: string[] }} Counts `skipped`: the names of tests without a reason */

/**
 * Reads a report of vitest's JSON reporter.
 * @param {string | URL} path
 * @returns {FileReport[]}
 */
export function readReport(path) {
  return JSON.parse(readFileSync(path, "utf8")).testResults;
}

/**
 * Counts results. A file that fails without a failed test (for example, because it does not load) counts as one
 * failure. So does a run that fails for another reason, such as an unhandled error or no tests.
 * @param {FileReport[]} files
 * @param {number | null} exitCode of vitest
 * @returns {Counts}
 */
export function countResults(files, exitCode) {
  const tests = files.flatMap((file) => file.assertionResults);
  const failures = tests.filter(isFailed).length + files.filter(isFailedItself).length;
  return {
    passed: tests.filter((test) => test.status === "passed").length,
    failed: failures || (exitCode === 0 ? 0 : 1),
    skipped: tests.filter((test) => isSkipped(test) && !test.meta.skipReason).map((test) => test.fullName),
  };
}

/**
 * The failed tests, each with its error, and the errors of files that did not load.
 * @param {FileReport[]} files
 */
export function failuresOf(files) {
  return files.flatMap((file) => [
    ...(isFailedItself(file) ? [file.message] : []),
    ...file.assertionResults
      .filter(isFailed)
      .map((test) => `${test.fullName}\n    ${test.failureMessages?.join("\n").slice(0, 1000)}`),
  ]);
}

/** @param {TestReport} test */
export function isFailed(test) {
  return test.status === "failed";
}

/** @param {TestReport} test */
export function isSkipped(test) {
  return test.status !== "passed" && test.status !== "failed";
}

/** @param {FileReport} file */
function isFailedItself(file) {
  return file.status === "failed" && !file.assertionResults.some(isFailed);
}
