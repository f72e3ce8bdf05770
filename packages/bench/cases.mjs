// @ts-check

/**
 * There are `rate` turns per second. In each turn, `burst` messages are sent to each of the `clients`. A message has at
 * least `bytes` bytes of JSON.
 * @typedef {{ clients: number, rate: number, burst: number, bytes: number }} Load
 */

/** @type {Record<string, Load>} */
export const loads = {
  broadcast: { clients: 500, rate: 20, burst: 1, bytes: 300 },
  large: { clients: 500, rate: 20, burst: 1, bytes: 8192 },
  burst: { clients: 500, rate: 2, burst: 10, bytes: 300 },
  many: { clients: 4000, rate: 5, burst: 1, bytes: 300 },
};

/** For the memory of streams to which nothing is sent. A process may open at most 20 000 file descriptors. */
export const idle = { clients: 10_000 };

export const caseNames = [...Object.keys(loads), "idle"];
