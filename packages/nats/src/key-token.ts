import { invalidOption } from "@ssekit/core/adapter";

// A NATS server refuses protocol lines above 4 096 bytes. They also hold the prefix, a reply subject and lengths.
const MAX_LENGTH = 3_000;

/**
 * Encodes the key of a log as one token of a subject. Different keys have different tokens: letters, digits, `_` and `-`
 * stand for themselves, and every other UTF-16 code unit becomes `=` and four hexadecimal digits.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION` if the token would be too long for a subject.
 */
export function keyToken(key: string): string {
  if (typeof key !== "string") throw invalidOption("open: key", "a string", key);
  const token = key.replace(
    /[^A-Za-z0-9_-]/g, // without the flag "u", so that lone surrogates are encoded too
    (unit) => `=${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  if (token.length > MAX_LENGTH) {
    throw invalidOption(
      "open: key",
      `a string that needs at most ${MAX_LENGTH} characters in a subject`,
      key,
    );
  }
  return token || "="; // a subject has no empty token
}
