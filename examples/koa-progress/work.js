// @ts-check

/**
 * @typedef {object} Work what a job does; here it only takes its time
 * @property {string} title
 * @property {number} steps
 * @property {(step: number) => string} run does one step, from 1, and says what it was
 */

/** @type {Work} */
const photos = {
  title: "Resize 60 photos",
  steps: 60,
  run: (step) => `holiday-${String(step).padStart(2, "0")}.jpg`,
};

/** @type {Work} */
const orders = {
  title: "Import orders.csv",
  steps: 80,
  run: (step) => {
    if (step === 53) throw new Error("Line 53: expected a number, got “twelve”.");
    return `Line ${step}`;
  },
};

/** By kind. */
export const works = new Map([
  ["photos", photos],
  ["orders", orders],
]);
