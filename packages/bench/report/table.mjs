// @ts-check
import { round } from "../statistics.mjs";

/** @param {import("./summary.mjs").Result} result */
export function printResult({ case: name, title, reference, metrics, limits, seconds }) {
  console.log(`\n${name}: ${title} (${seconds} s)`);
  const rows = Object.keys(metrics[0]?.rows ?? {});
  console.table(
    Object.fromEntries(
      rows.map((row) => [
        row,
        Object.assign({}, ...metrics.map((metric, i) => cells(metric, row, i === 0, reference))),
      ]),
    ),
  );
  for (const limit of limits) console.log(`  ${describeLimit(limit)}`);
}

/** @param {import("./summary.mjs").SummedMetric} metric @param {string} row @param {boolean} isFirst @param {string} reference */
function cells({ name, digits, rows }, row, isFirst, reference) {
  const cell = rows[row];
  if (cell === undefined) return {};
  const { median, least, most, ofReference = NaN } = cell;
  return {
    [name]: round(median, digits),
    ...(isFirst && {
      "least – most": `${round(least, digits)} – ${round(most, digits)}`,
      [`of ${reference}`]: round(ofReference, 2),
    }),
  };
}

/** @param {import("./summary.mjs").JudgedLimit} limit */
function describeLimit({ row, of, metric, more, atMost, atLeast, measured, met }) {
  const what = more ? `${row}, more than ${of}` : `${row} / ${of}`;
  const limit = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
  if (measured === undefined) return `– ${what}: not measured, limit ${limit} (${metric})`;
  const { median, least, most } = measured;
  const figures = `${round(median, 2)} (${round(least, 2)} – ${round(most, 2)})`;
  return `${met ? "✓ met" : "✗ NOT MET"}: ${what}: ${figures}, ${limit} (${metric})`;
}
