// @ts-check

/**
 * `turns` per second, in each of which `burst` messages of at least `bytes` bytes of JSON go to every one of the
 * `clients`.
 * @typedef {{ clients: number, rate: number, burst: number, bytes: number }} Load
 */

/** @type {Record<string, Load>} */
export const loads = {
  broadcast: { clients: 500, rate: 20, burst: 1, bytes: 300 },
  large: { clients: 500, rate: 20, burst: 1, bytes: 8192 },
  burst: { clients: 500, rate: 2, burst: 10, bytes: 300 },
  many: { clients: 4000, rate: 5, burst: 1, bytes: 300 },
};

/** Memory of streams to which nothing is sent; one process holds at most 20 000 descriptors. */
export const idle = { clients: 10_000 };

export const caseNames = [...Object.keys(loads), "idle"];
