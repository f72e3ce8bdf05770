import { SseError, unexpected, type SseErrorCode } from "./sse-error.js";

/** The check of one option: what is expected, in words, and a function that tells whether a value is that. */
export type Check = readonly [expected: string, holds: (value: unknown) => boolean];

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
export const FUNCTION: Check = ["a function", (value) => typeof value === "function"];
export const BOOLEAN: Check = ["true or false", (value) => typeof value === "boolean"];
export const OBJECT: Check = ["an object", (value) => typeof value === "object" && value !== null];

/**
 * Checks options. All packages use it, so that errors of options have the same words everywhere. An option that is
 * `undefined` counts as left out.
 *
 * @param what the function or class that takes the options, for the error's message.
 * @param path the text in front of the options' names, for the error's message.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`, or another `code`.
 */
export function checkOptions(
  what: string,
  options: unknown,
  checks: { readonly [name: string]: Check },
  path = "",
  code: SseErrorCode = "ERR_SSE_INVALID_OPTION",
): void {
  if (!OBJECT[1](options) || Array.isArray(options)) throw unexpected(code, what, OBJECT[0], options);
  for (const [name, value] of Object.entries(options as object)) {
    if (!Object.hasOwn(checks, name)) {
      throw new SseError(code, `${path}${name}: unknown; ${what} takes ${Object.keys(checks).join(", ")}`);
    }
    const [expected, holds] = checks[name]!;
    if (value !== undefined && !holds(value)) throw unexpected(code, path + name, expected, value);
  }
}

/** Makes the error of an option with a wrong value. */
export function invalidOption(name: string, expected: string, value: unknown): SseError {
  return unexpected("ERR_SSE_INVALID_OPTION", name, expected, value);
}
