// @ts-check
// The server makes curves for its snapshots, and the page adds the later ticks to them. Both use this file.

/** Length of a curve in milliseconds. */
export const span = 60_000;

const step = 250; // ms between two points

/**
 * Adds a price to a curve. The curve keeps only the last price of each step.
 * @param {[time: number, price: number][]} curve
 * @param {number} time
 * @param {number} price
 */
export function addPoint(curve, time, price) {
  const last = curve.at(-1);
  if (last !== undefined && Math.floor(last[0] / step) === Math.floor(time / step)) curve.pop();
  curve.push([time, price]);
  while (/** @type {[number, number]} */ (curve[0])[0] < time - span) curve.shift();
}
