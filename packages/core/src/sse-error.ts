/** The `code` of every error that ssekit throws or reports. */
export type SseErrorCode =
  /** A message field of a wrong type, with CR, LF or NUL where it is not allowed, or unknown; or no field at all. */
  | "ERR_SSE_INVALID_FIELD"
  /** `data` whose content would be lost: a promise, a function, an `Error`, a Map, binary, a bigint, a cycle, `NaN`. */
  | "ERR_SSE_INVALID_DATA"
  /** A source that is not an iterable, async iterable, `ReadableStream` or function. */
  | "ERR_SSE_INVALID_SOURCE"
  /** An option with a wrong type or range, or an option that does not exist. */
  | "ERR_SSE_INVALID_OPTION"
  /** The response's head was sent before the stream could open. */
  | "ERR_SSE_HEADERS_SENT"
  /** The head of a Koa response is held back by middleware that has not returned, or `ctx.body` was replaced. */
  | "ERR_SSE_NOT_SENT"
  /** This response already has an event stream. */
  | "ERR_SSE_ALREADY_OPEN"
  /** The stream is subscribed to a channel: a second subscription, or an id of the program's own. */
  | "ERR_SSE_SUBSCRIBED"
  /** Not an event stream of ssekit. */
  | "ERR_SSE_INVALID_STREAM"
  /** The channel, or its log, is closed. */
  | "ERR_SSE_CHANNEL_CLOSED"
  /** The channel has ended for good. */
  | "ERR_SSE_CHANNEL_ENDED"
  /** The condition of an append does not hold: another entry is the last one. Nothing was stored. */
  | "ERR_SSE_CONFLICT"
  /** A log cannot be reached, and nobody knows whether it stored what it was given. Repeat it with the same key. */
  | "ERR_SSE_LOG_UNAVAILABLE"
  /** A log with a complete history has as many bytes as it may. Nothing was stored. */
  | "ERR_SSE_LOG_FULL"
  /** There are as many channels as there may be, and all have subscribers. */
  | "ERR_SSE_TOO_MANY_CHANNELS"
  /** The upstream of a relay answered with another status than 2xx. */
  | "ERR_SSE_UPSTREAM_STATUS"
  /** The upstream of a relay is not an event stream. */
  | "ERR_SSE_UPSTREAM_CONTENT_TYPE"
  /** The upstream of a relay broke off. */
  | "ERR_SSE_UPSTREAM_BROKEN"
  /** The upstream of a relay ended before the event that completes it. */
  | "ERR_SSE_UPSTREAM_INCOMPLETE"
  /** One event of a relay's upstream is larger than `maxEventBytes`. */
  | "ERR_SSE_EVENT_TOO_LARGE"
  /** A test waited too long for events. */
  | "ERR_SSE_TIMEOUT"
  /** An event stream ended before a test had what it waited for. */
  | "ERR_SSE_STREAM_ENDED"
  /** A test met a response that is not an event stream. */
  | "ERR_SSE_UNEXPECTED_RESPONSE";

/**
 * An error of ssekit. The message says what was expected and what came; `code` is stable, the message is not.
 * Compare `code`, not the class: a program that loads ESM and CommonJS has two of them.
 */
export class SseError extends Error {
  override readonly name = "SseError";
  readonly code: SseErrorCode;

  /** @param details `cause`, and any further property the error is to carry. */
  constructor(
    code: SseErrorCode,
    message: string,
    details: { cause?: unknown; [property: string]: unknown } = {},
  ) {
    const { cause, ...properties } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, properties);
  }
}

/** Names a value in an error message: its type, and the value where that is short. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "number" || typeof value === "boolean") return `${typeof value} ${value}`;
  if (typeof value !== "object") return `a ${typeof value}`;
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  const name = prototype?.constructor?.name;
  return name ? `an object (${name})` : "an object";
}

/** The error of a value that is not what it has to be. `name` is the field or option, `advice` what to do instead. */
export function unexpected(
  code: SseErrorCode,
  name: string,
  expected: string,
  value: unknown,
  advice = "",
): SseError {
  return new SseError(
    code,
    `${name}: expected ${expected}, got ${describe(value)}${advice && `; ${advice}`}`,
  );
}
