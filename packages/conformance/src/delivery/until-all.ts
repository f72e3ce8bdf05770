import { until } from "../support/within.js";
import type { LogReader } from "./log-reader.js";

/** Waits until every reader has this event or has found a fault, for at most `ms` milliseconds. */
export function untilAll(readers: readonly LogReader[], event: number, ms: number): Promise<void> {
  const isThere = ({ last, faults }: LogReader): boolean => last >= event || faults.length > 0;
  return until(`all are at event ${event}`, () => readers.every(isThere), ms);
}
