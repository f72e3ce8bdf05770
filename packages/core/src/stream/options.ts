import type { Serialize } from "../format/encode.js";
import { encode } from "../format/encode.js";
import type { CloseReason, EventStream } from "./event-stream.js";
import { createFrame, type Frame } from "../format/frame.js";
import type { EventMessage } from "../format/message.js";
import {
  BOOLEAN,
  checkOptions,
  FUNCTION,
  isObject,
  LIMIT,
  MS,
  MS_FROM_0,
  type Check,
  type Checks,
} from "../check-options.js";

/**
 * Options of an `EventStreamServer`. All but `maxStreams` and `refuse` can also be given for one stream, and only there
 * `expiresAt` and `toMessage`.
 */
export interface EventStreamOptions {
  /** Milliseconds without an event after which a comment is sent, so that nothing on the way takes the connection for dead. Default 15 000. `false`: never. */
  heartbeat?: number | false;
  /** The client's reconnection time in milliseconds; the first block of every stream. Default 3 000. `false`: none. */
  retry?: number | false;
  /** Milliseconds to wait for the first item of a source before the response's head is sent without it. Default 5 000. */
  headTimeout?: number;
  /** Milliseconds, give or take 10 %, after which a stream is closed; the client comes back. Default: none. */
  maxAge?: number;
  /** Of one stream: when it is closed, a Date or milliseconds since 1970; when a token expires, say. Default: never. */
  expiresAt?: Date | number;
  /**
   * What a client is told of an error of its source after the head: the last event, with which the stream is finished
   * for good. Default, or `undefined`: nothing; the connection breaks off, and EventSource comes back.
   */
  describeError?(error: unknown): EventMessage | undefined;
  /** Of one stream: makes a message of each item of its source. Default: the item is the message. */
  toMessage?(item: any): EventMessage | string;
  /** Bytes that a client may leave unread before it is cut with reason `slow`. Default 1 MiB. */
  maxBufferedBytes?: number;
  /** Milliseconds in which a client with unread bytes must take some, or be cut with reason `slow`. Default 60 000. */
  stallTimeout?: number;
  /** How many streams may be open at once; more are refused. Default: no limit. */
  maxStreams?: number;
  /**
   * How to refuse an EventSource when there are too many or the server is draining. `"retry"`, the default: a 200
   * that tells it when to come back, for EventSource gives up on any other status. `503`: for a load balancer that
   * tries the next node on it.
   */
  refuse?: "retry" | 503;
  /** The source must not run twice for one client: a request with a `Last-Event-ID` header is answered 204. Default `false`. */
  once?: boolean;
  /** Makes text of `data` that is not a string. Default `JSON.stringify`. */
  serialize?: Serialize;
  /** Further headers of the response; they replace those that ssekit sets. */
  headers?: Record<string, string>;
  /** Called when a stream's head is sent. */
  onOpen?(stream: EventStream): void;
  /** Called when a stream that was opened is over. */
  onClose?(stream: EventStream, reason: CloseReason): void;
  /** Called with errors that no caller can be told of: of a source after the head, of a hook. Default `console.error`. */
  onError?(error: unknown, stream: EventStream): void;
}

/** Options of a stream whose source yields items that are no messages. */
export interface ItemOptions<T> extends Omit<EventStreamOptions, "toMessage"> {
  /** Makes a message of each item of the source. */
  toMessage(item: T): EventMessage | string;
}

type Optional = "serialize" | "describeError" | "toMessage" | "onOpen" | "onClose";

/** Options with every default in place. */
export interface ResolvedOptions
  extends Required<Omit<EventStreamOptions, Optional>>, Pick<EventStreamOptions, Optional> {
  expiresAt: number;
  /** The block with `retry`, the same for all streams. */
  retryFrame: Frame | undefined;
}

const DEFAULTS: ResolvedOptions = {
  heartbeat: 15_000,
  retry: 3_000,
  headTimeout: 5_000,
  maxAge: Infinity,
  expiresAt: Infinity,
  maxBufferedBytes: 1 << 20,
  stallTimeout: 60_000,
  maxStreams: Infinity,
  refuse: "retry",
  once: false,
  headers: {},
  onError: (error) => console.error(error),
  retryFrame: retryFrame(3_000),
};

/** A reconnection time. */
export const RETRY: Check = [
  "a whole number of milliseconds from 0 to 2147483647",
  (value) => Number.isInteger(value) && MS_FROM_0[1](value),
];

const COMMON_CHECKS = {
  heartbeat: orFalse(MS),
  retry: orFalse(RETRY),
  headTimeout: MS,
  maxAge: MS,
  describeError: FUNCTION,
  maxBufferedBytes: LIMIT,
  stallTimeout: MS,
  once: BOOLEAN,
  serialize: FUNCTION,
  headers: ["an object of strings without CR, LF and NUL", isHeaders] as Check,
  onOpen: FUNCTION,
  onClose: FUNCTION,
  onError: FUNCTION,
};

/** Of a server. */
export const SERVER_CHECKS: Checks = {
  ...COMMON_CHECKS,
  maxStreams: ["a number from 0", (value) => typeof value === "number" && value >= 0],
  refuse: ['"retry" or 503', (value) => value === "retry" || value === 503],
  expiresAt: "it is one of a single stream",
  toMessage: "it is one of a single stream",
};

/** Of one stream. */
export const STREAM_CHECKS: Checks = {
  ...COMMON_CHECKS,
  expiresAt: ["a Date or milliseconds since 1970", isTime],
  toMessage: FUNCTION,
  maxStreams: "it is one of EventStreamServer",
  refuse: "it is one of EventStreamServer",
};

function orFalse([expected, holds]: Check): Check {
  return [`${expected}, or false`, (value) => value === false || holds(value)];
}

function isTime(value: unknown): boolean {
  // Of another realm too.
  const isDate = Object.prototype.toString.call(value) === "[object Date]";
  return (isDate || typeof value === "number") && !Number.isNaN(Number(value));
}

function isHeaders(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Object.values(value).every((header) => typeof header === "string" && !/[\r\n\0]/.test(header));
}

/**
 * Puts options over the server's, or over the defaults.
 *
 * @param what the function that takes them, for the message.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function resolveOptions(
  what: string,
  options: EventStreamOptions | undefined,
  server?: ResolvedOptions,
): ResolvedOptions {
  const base = server ?? DEFAULTS;
  if (options === undefined) return base;
  checkOptions(what, options, server === undefined ? SERVER_CHECKS : STREAM_CHECKS);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  if (given.length === 0) return base; // the same object for all streams that have no options of their own
  const resolved: ResolvedOptions = { ...base, ...Object.fromEntries(given) };
  if (options.expiresAt !== undefined) resolved.expiresAt = Number(options.expiresAt);
  resolved.headers = { ...base.headers, ...lowerCase(options.headers) };
  if (resolved.retry !== base.retry) resolved.retryFrame = retryFrame(resolved.retry);
  return resolved;
}

function retryFrame(retry: number | false): Frame | undefined {
  return retry === false ? undefined : createFrame(encode({ retry }));
}

function lowerCase(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
