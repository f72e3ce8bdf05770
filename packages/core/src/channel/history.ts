import { checkOptions, invalidOption, LIMIT, type Check } from "../check-options.js";
import type { BoundedHistory, CompleteHistory, History } from "./event-log.js";

/** A history in which every option is set. */
export type ResolvedHistory = (Required<BoundedHistory> & { complete?: undefined }) | CompleteHistory;

const COUNT: Check = [
  "a whole number above 0, or Infinity",
  (value) => LIMIT[1](value) && (Number.isInteger(value) || value === Infinity),
];
const BOUNDED: Record<keyof BoundedHistory, Check> = { events: COUNT, bytes: LIMIT, age: LIMIT };
const COMPLETE: Record<keyof CompleteHistory, Check> = {
  complete: ["true", (value) => value === true],
  keep: LIMIT,
  maxBytes: LIMIT,
};

/**
 * Checks a history and fills in the defaults.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function resolveHistory(history: History = {}): ResolvedHistory {
  if (!isComplete(history)) {
    checkOptions("history", history, BOUNDED, "history.");
    const { events = 10_000, bytes = 16 << 20, age = 300_000 } = history;
    return { events, bytes, age };
  }
  checkOptions("a complete history", history, COMPLETE, "history.");
  // There are no defaults, because the app has to decide how long a complete log is kept.
  for (const name of ["keep", "maxBytes"] as const) {
    if (history[name] === undefined) throw invalidOption(`history.${name}`, LIMIT[0], undefined);
  }
  return { ...history };
}

function isComplete(history: History | null): history is CompleteHistory {
  return (history as Partial<CompleteHistory> | null)?.complete !== undefined;
}
