import { checkOptions, COUNT, invalidOption, isObject, LIMIT, type Check } from "../check-options.js";
import type { BoundedHistory, CompleteHistory, History } from "./event-log.js";

/** A history in which every option is set. */
export type ResolvedHistory = (Required<BoundedHistory> & { complete?: undefined }) | CompleteHistory;

/** A history that is an option of something else. */
export const HISTORY: Check = ["an object such as { events: 1000 }", isObject];

const BOUNDED: Record<keyof BoundedHistory, Check> = { events: COUNT, bytes: LIMIT, age: LIMIT };
const COMPLETE: Record<keyof CompleteHistory, Check> = {
  complete: ["true", (value) => value === true],
  keep: LIMIT,
  maxBytes: LIMIT,
};

/**
 * Checks a history and fills in the defaults.
 *
 * @param what the function that takes it, for the message.
 * @param path what comes before the names of its fields, for the message.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function resolveHistory(what: string, history: History = {}, path = ""): ResolvedHistory {
  if (!isComplete(history)) {
    checkOptions(what, history, BOUNDED, path);
    const { events = 10_000, bytes = 16 << 20, age = 300_000 } = history;
    return { events, bytes, age };
  }
  checkOptions(what, history, COMPLETE, path);
  // There are no defaults, because the app has to decide how long a complete log is kept.
  for (const name of ["keep", "maxBytes"] as const) {
    if (history[name] === undefined) throw invalidOption(`${what}: ${path}${name}`, LIMIT[0], undefined);
  }
  return { ...history };
}

/**
 * The history of a log that a store opens.
 *
 * @param history the argument of `open`.
 * @param otherwise the history of the store.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function historyToOpen(history: History | undefined, otherwise: ResolvedHistory): ResolvedHistory {
  checkOptions("open", { history }, { history: HISTORY });
  return history === undefined ? otherwise : resolveHistory("open", history, "history.");
}

function isComplete(history: History | null): history is CompleteHistory {
  return (history as Partial<CompleteHistory> | null)?.complete !== undefined;
}
