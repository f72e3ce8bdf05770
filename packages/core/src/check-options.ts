import { SseError, unexpected, type SseErrorCode } from "./sse-error.js";

/** The check of one option: what is expected, in words, and a function that tells whether a value is that. */
export type Check = readonly [expected: string, holds: (value: unknown) => boolean];

/** The check of each option. A string belongs to a name that is refused, and says what to use instead. */
export interface Checks {
  readonly [name: string]: Check | string;
}

const MAX_MS = 2 ** 31 - 1; // the longest time that a timer takes

const number = (value: unknown): value is number => typeof value === "number";

/** A time in milliseconds above 0, as a timer takes it. */
export const MS: Check = [
  `a number of milliseconds above 0 and up to ${MAX_MS}`,
  (value) => number(value) && value > 0 && value <= MAX_MS,
];
/** A time in milliseconds from 0 on. */
export const MS_FROM_0: Check = [
  `a number of milliseconds from 0 to ${MAX_MS}`,
  (value) => number(value) && value >= 0 && value <= MAX_MS,
];
/** A number above 0. `Infinity` means no limit. */
export const LIMIT: Check = ["a number above 0", (value) => number(value) && value > 0];
/** A whole number above 0; `Infinity` is no limit. */
export const COUNT: Check = [
  "a whole number above 0, or Infinity",
  (value) => LIMIT[1](value) && (Number.isInteger(value) || value === Infinity),
];
/** A function of any kind. */
export const FUNCTION: Check = ["a function", (value) => typeof value === "function"];
/** Either `true` or `false`. */
export const BOOLEAN: Check = ["true or false", (value) => typeof value === "boolean"];
export const STRING: Check = ["a string", (value) => typeof value === "string"];
export const OBJECT: Check = ["an object", isObject];

/** Whether a value can be an object of options. A list, a generator or a `Map` would count as one without any. */
export function isObject(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    !(Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}

/** Whether a value has these methods. Not `instanceof`: it may come from another copy of the package. */
export function hasMethods(value: unknown, ...names: string[]): boolean {
  return names.every((name) => typeof (value as Record<string, unknown> | null)?.[name] === "function");
}

/**
 * Checks an object of options. All packages use it, so that errors of options have the same words everywhere. An option that is
 * `undefined` counts as left out.
 *
 * @param what the function or class that takes the options, for the error's message.
 * @param path the text in front of the options' names, for the error's message.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`, or another `code`.
 */
export function checkOptions(
  what: string,
  options: unknown,
  checks: Checks,
  path = "",
  code: SseErrorCode = "ERR_SSE_INVALID_OPTION",
): void {
  if (!isObject(options)) throw unexpected(code, what, `an object with ${namesOf(checks)}`, options);
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : `it takes ${namesOf(checks)}`;
    if (typeof check === "string") {
      const kind = code === "ERR_SSE_INVALID_FIELD" ? "field" : "option";
      throw new SseError(code, `${what}: ${path}${name}: no such ${kind}; ${check}`);
    }
    const [expected, holds] = check!;
    if (value !== undefined && !holds(value))
      throw unexpected(code, `${what}: ${path}${name}`, expected, value);
  }
}

function namesOf(checks: Checks): string {
  return Object.keys(checks)
    .filter((name) => typeof checks[name] !== "string")
    .join(", ");
}

/** Makes the error of an option with a wrong value. `name` begins with the function that takes the option. */
export function invalidOption(name: string, expected: string, value: unknown): SseError {
  return unexpected("ERR_SSE_INVALID_OPTION", name, expected, value);
}

/**
 * Refuses further arguments of a method that takes one message: they would be ignored in silence.
 *
 * @param forList the method that takes a list. `forEach` passes an index to the other one.
 */
export function expectOneMessage(method: string, count: number, forList?: string): void {
  if (count <= 1) return;
  throw new SseError(
    "ERR_SSE_INVALID_FIELD",
    `${method}: expected one argument, got ${count}; write ${method}({ event, data })` +
      (forList ? `, or ${forList}(list) for a list` : ""),
  );
}
