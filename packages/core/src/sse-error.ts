/**
 * The `code` of every error that ssekit throws or reports.
 *
 * A program's mistake, in what it passes:
 *
 * - `ERR_SSE_INVALID_FIELD`: a field of a message is unknown, has the wrong type, or contains CR, LF or NUL where these are
 *   not allowed; or the message has no field.
 * - `ERR_SSE_INVALID_DATA`: the content of `data` would be lost, as that of a promise, a function, an `Error`, a `Map`,
 *   bytes, a bigint, a cycle or `NaN` would; or a schema refused the data.
 * - `ERR_SSE_INVALID_SOURCE`: a source is not an iterable, an async iterable, a `ReadableStream` or a function.
 * - `ERR_SSE_INVALID_OPTION`: an option does not exist, or has the wrong type or range.
 * - `ERR_SSE_INVALID_STREAM`: what was passed as a stream is not an event stream of ssekit.
 *
 * Opening a stream:
 *
 * - `ERR_SSE_HEADERS_SENT`: the head of the response was sent before the stream could open.
 * - `ERR_SSE_NOT_SENT`: the head of a Koa response waits for middleware that has not returned, or `ctx.body` was replaced.
 * - `ERR_SSE_ALREADY_OPEN`: the response already has an event stream.
 * - `ERR_SSE_OTHER_REQUEST`: in a Worker, a stream was used by another request than its own.
 *
 * Channels and logs:
 *
 * - `ERR_SSE_SUBSCRIBED`: the stream is already subscribed to a channel, so it takes no second subscription and no id of
 *   the program.
 * - `ERR_SSE_CHANNEL_CLOSED`: the channel or its log is closed.
 * - `ERR_SSE_CHANNEL_ENDED`: the channel has ended for good.
 * - `ERR_SSE_CONFLICT`: the condition of an append does not hold, because another entry is the last one. Nothing was
 *   stored.
 * - `ERR_SSE_LOG_UNAVAILABLE`: a log cannot be reached, and it is not known whether it stored the entries. To append them
 *   again with the same idempotency keys is safe.
 * - `ERR_SSE_LOG_FULL`: a log with a complete history has reached its limit of bytes. Nothing was stored.
 * - `ERR_SSE_TOO_MANY_CHANNELS`: there are `max` channels, and all of them are in use.
 * - `ERR_SSE_ANSWER_LOST`: the node that wrote an answer has died, or the log has lost a part of the answer.
 *
 * The upstream of a relay:
 *
 * - `ERR_SSE_UPSTREAM_STATUS`: it answered with a status other than 2xx.
 * - `ERR_SSE_UPSTREAM_CONTENT_TYPE`: its answer is not an event stream.
 * - `ERR_SSE_UPSTREAM_BROKEN`: its connection broke off.
 * - `ERR_SSE_UPSTREAM_INCOMPLETE`: it ended before the event that completes it.
 * - `ERR_SSE_EVENT_TOO_LARGE`: one of its events is larger than `maxEventBytes`.
 *
 * Reading in a test:
 *
 * - `ERR_SSE_TIMEOUT`: the events did not arrive in time.
 * - `ERR_SSE_STREAM_ENDED`: the stream ended before the events had arrived.
 * - `ERR_SSE_UNEXPECTED_RESPONSE`: the response is not an event stream.
 */
export type SseErrorCode =
  | "ERR_SSE_INVALID_FIELD"
  | "ERR_SSE_INVALID_DATA"
  | "ERR_SSE_INVALID_SOURCE"
  | "ERR_SSE_INVALID_OPTION"
  | "ERR_SSE_INVALID_STREAM"
  | "ERR_SSE_HEADERS_SENT"
  | "ERR_SSE_NOT_SENT"
  | "ERR_SSE_ALREADY_OPEN"
  | "ERR_SSE_OTHER_REQUEST"
  | "ERR_SSE_SUBSCRIBED"
  | "ERR_SSE_CHANNEL_CLOSED"
  | "ERR_SSE_CHANNEL_ENDED"
  | "ERR_SSE_CONFLICT"
  | "ERR_SSE_LOG_UNAVAILABLE"
  | "ERR_SSE_LOG_FULL"
  | "ERR_SSE_TOO_MANY_CHANNELS"
  | "ERR_SSE_ANSWER_LOST"
  | "ERR_SSE_UPSTREAM_STATUS"
  | "ERR_SSE_UPSTREAM_CONTENT_TYPE"
  | "ERR_SSE_UPSTREAM_BROKEN"
  | "ERR_SSE_UPSTREAM_INCOMPLETE"
  | "ERR_SSE_EVENT_TOO_LARGE"
  | "ERR_SSE_TIMEOUT"
  | "ERR_SSE_STREAM_ENDED"
  | "ERR_SSE_UNEXPECTED_RESPONSE";

/** What a validator finds wrong with a value. */
export interface SchemaIssue {
  /** What is wrong, in words. */
  readonly message: string;
  /** Where in the value it is: property names and indexes. It is left out if the value itself is wrong. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

// What an error may carry beside its code and its message.
type Details = { cause?: unknown } & Pick<
  SseError,
  "issues" | "upstreamStatus" | "upstreamBody" | "events" | "response"
>;

/**
 * An error of ssekit. Its message says what was expected and what came. Its `code` stays the same in later versions, its
 * message may change.
 *
 * Compare `code`, and do not use `instanceof`: a program that loads both ESM and CommonJS has two classes.
 *
 * @example
 * channel.publish(message).catch((error) => {
 *   if (error.code === "ERR_SSE_INVALID_DATA") console.error(error.issues);
 * });
 */
export class SseError extends Error {
  /** The name of the class. */
  override readonly name = "SseError";

  /** What went wrong. */
  readonly code: SseErrorCode;

  // `declare`, because a field without a value would be printed with every error.

  /** What a schema of a channel found wrong with the data. Only with `ERR_SSE_INVALID_DATA`. */
  declare readonly issues?: readonly SchemaIssue[] | undefined;

  /**
   * The status of the upstream's response. Only with `ERR_SSE_UPSTREAM_STATUS` and `ERR_SSE_UPSTREAM_CONTENT_TYPE`.
   */
  declare readonly upstreamStatus?: number | undefined;

  /**
   * The first 4 KiB of the upstream's response, if it has a body. Only with `ERR_SSE_UPSTREAM_STATUS` and
   * `ERR_SSE_UPSTREAM_CONTENT_TYPE`. It may name keys and accounts: log it, and do not send it to a client.
   */
  declare readonly upstreamBody?: string | undefined;

  /**
   * The events that a test had received. Only with `ERR_SSE_TIMEOUT` and `ERR_SSE_STREAM_ENDED`, from
   * `@ssekit/testing`.
   */
  declare readonly events?:
    | readonly { readonly type: string; readonly data: string; readonly lastEventId: string }[]
    | undefined;

  /** The response that a test got, with the first 4 096 characters of its body. Only with `ERR_SSE_UNEXPECTED_RESPONSE`. */
  declare readonly response?:
    | {
        readonly status: number;
        readonly headers: Readonly<Record<string, string | string[] | undefined>>;
        readonly body: string;
      }
    | undefined;

  /** @param details the cause, and the properties that the error carries. */
  constructor(code: SseErrorCode, message: string, details: Details = {}) {
    const { cause, ...properties } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, properties);
  }
}

/** Describes a value for an error message: its type, and the value itself if that is short. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "number" || typeof value === "boolean") return `${typeof value} ${value}`;
  if (typeof value !== "object") return `a ${typeof value}`;
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  const name = prototype?.constructor?.name;
  return name ? `an object (${name})` : "an object";
}

/**
 * Makes the error of a value that is not what was expected.
 *
 * @param name the field or the option.
 * @param advice what to do instead.
 */
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
