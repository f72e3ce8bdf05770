import type { LogReader } from "./log-reader.js";

/** The number of the last event that all of them have, or were told they have missed. */
export function slowest(readers: readonly LogReader[]): number {
  return readers.reduce((least, { last }) => Math.min(least, last), Infinity);
}
