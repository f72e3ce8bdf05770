import { describe, SseError } from "../sse-error.js";
import type { BoundedHistory, CompleteHistory, History } from "./event-log.js";

/** A history with its defaults in place. */
export type ResolvedHistory = (Required<BoundedHistory> & { complete?: undefined }) | CompleteHistory;

type Check = readonly [expected: string, test: (value: unknown) => boolean];
const ABOVE_0: Check = ["a number above 0", (value) => typeof value === "number" && value > 0];
const COUNT: Check = [
  "a whole number above 0, or Infinity",
  (value) => ABOVE_0[1](value) && (Number.isInteger(value) || value === Infinity),
];

const BOUNDED: Record<keyof BoundedHistory, Check> = { events: COUNT, bytes: ABOVE_0, age: ABOVE_0 };
const COMPLETE: Record<keyof CompleteHistory, Check> = {
  complete: ["true", (value) => value === true],
  keep: ABOVE_0,
  maxBytes: ABOVE_0,
};

/**
 * Checks a history, and puts the defaults in its place where it has nothing.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function resolveHistory(history: History = {}): ResolvedHistory {
  if (typeof history !== "object" || history === null || Array.isArray(history)) {
    throw invalid("history", `expected an object, got ${describe(history)}`);
  }
  const complete = "complete" in history && history.complete !== undefined;
  const checks: Readonly<Record<string, Check>> = complete ? COMPLETE : BOUNDED;
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(history)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(checks, name)) {
      const known = Object.keys(checks).join(", ");
      const kind = complete ? "a complete history" : "a history";
      throw invalid(`history.${name}`, `no such option; ${kind} has ${known}`);
    }
    given[name] = value;
  }
  // A complete history has no defaults: how long an answer is kept is a decision of the app.
  const resolved: Record<string, unknown> = complete
    ? given
    : { events: 10_000, bytes: 16 << 20, age: 300_000, ...given };
  for (const [name, [expected, test]] of Object.entries(checks)) {
    const value = resolved[name];
    if (!test(value)) throw invalid(`history.${name}`, `expected ${expected}, got ${describe(value)}`);
  }
  return resolved as unknown as ResolvedHistory;
}

function invalid(name: string, problem: string): SseError {
  return new SseError("ERR_SSE_INVALID_OPTION", `${name}: ${problem}`);
}
