// @ts-check
import { median } from "../statistics.mjs";

/** @typedef {{ median: number, least: number, most: number }} Spread of the rounds */
/** @typedef {import("../cases/index.mjs").Limit & { metric: string, measured?: Spread, met?: boolean }} JudgedLimit without `measured` a contender was left out */
/** @typedef {{ name: string, digits: number, rows: Record<string, Spread & { ofReference?: number, rounds: number[] }> }} SummedMetric */
/** @typedef {{ case: string, title: string, reference: string, seconds: number, load: number | undefined, metrics: SummedMetric[], limits: JudgedLimit[] }} Result */

/**
 * Sums up the rounds of a case.
 * @param {import("../cases/index.mjs").Case} measuredCase
 * @param {import("../cases/index.mjs").Metric[]} metrics
 */
export function summarize({ reference, limits }, metrics) {
  return {
    metrics: metrics.map(({ name, digits, rows }) => ({
      name,
      digits,
      rows: Object.fromEntries(
        Object.entries(rows).map(([row, rounds]) => {
          const ratio = compare(rows, row, reference, (a, b) => a / b);
          return [row, { ...spread(rounds), ...(ratio && { ofReference: ratio.median }), rounds }];
        }),
      ),
    })),
    limits: limits.map((limit) => judge(limit, metrics)),
  };
}

/** @param {import("../cases/index.mjs").Limit} limit @param {import("../cases/index.mjs").Metric[]} metrics */
function judge(limit, metrics) {
  const metric = metrics.find(({ name }) => name === (limit.metric ?? metrics[0]?.name));
  if (metric === undefined) throw new Error(`No metric has the name ${limit.metric}`);
  const measured = compare(metric.rows, limit.row, limit.of, (a, b) => (limit.more ? a - b : a / b));
  if (measured === undefined) return { ...limit, metric: metric.name };
  const met = limit.atMost === undefined ? measured.median >= limit.atLeast : measured.median <= limit.atMost;
  return { ...limit, metric: metric.name, measured, met };
}

/**
 * Compares two rows within each round, because other work of the machine affects both of them there.
 * @param {Record<string, number[]>} rows @param {string} row @param {string} of @param {(a: number, b: number) => number} by
 */
function compare(rows, row, of, by) {
  const all = rows[row];
  const others = rows[of];
  if (all === undefined || others === undefined) return undefined;
  return spread(all.map((value, round) => by(value, others[round] ?? NaN)));
}

/** @param {number[]} rounds @returns {Spread} */
function spread(rounds) {
  return { median: median(rounds), least: Math.min(...rounds), most: Math.max(...rounds) };
}
