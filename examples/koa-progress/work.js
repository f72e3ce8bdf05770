// @ts-check

/**
 * @typedef {object} Work the work of a job, which only waits in this example
 * @property {string} title
 * @property {number} steps
 * @property {(step: number) => string} run does one step, counted from 1, and describes it
 */

/** @type {Work} */
const photos = {
  title: "Resize 60 photos",
  steps: 60,
  run: (step) => `holiday-${String(step).padStart(2, "0")}.jpg`,
};

/** @type {Work} */
const film = {
  title: "Render a film",
  steps: 240,
  run: (step) => `Frame ${step}`,
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

/** The works by their kind. */
export const works = new Map([
  ["photos", photos],
  ["film", film],
  ["orders", orders],
]);
