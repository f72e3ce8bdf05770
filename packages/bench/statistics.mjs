// @ts-check

/** @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle) - 1] ?? NaN)) / 2;
}

/**
 * The value below which a share of the numbers lies.
 * @param {readonly number[]} numbers @param {number} share from 0 to 1
 */
export function percentile(numbers, share) {
  return numbers.toSorted((a, b) => a - b)[Math.ceil(numbers.length * share) - 1] ?? NaN;
}

/** @param {number} value @param {number} digits */
export function round(value, digits) {
  return Number(value.toFixed(digits));
}
