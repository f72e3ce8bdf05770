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
 * Options of an `EventStreamServer` and of one stream.
 *
 * A stream takes all of them but `maxStreams` and `refuse`, in place of its server's. Only a stream takes `expiresAt`
 * and `toMessage`.
 */
export interface EventStreamOptions {
  /**
   * Milliseconds of silence after which a stream sends a comment, so that no proxy takes the connection for dead.
   * `false`: no heartbeat.
   *
   * In a Worker it is at most 10 000, also with `false`: only a write shows there that a client has left, and a silent
   * request may be stopped.
   *
   * @default 15_000; 7_000 in Bun, whose server closes a connection that is silent for its `idleTimeout`
   */
  heartbeat?: number | false;
  /**
   * The client's reconnection time in milliseconds, sent as the first block of every stream. `false`: no such block,
   * and the client uses its own default. In Bun the first block is then an empty comment.
   *
   * @default 3_000
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-reconnection-time
   */
  retry?: number | false;
  /**
   * Milliseconds for which the response's head waits for the first item of a source. Until then an error of the
   * source can still be answered with a status of its own.
   *
   * @default 5_000
   */
  headTimeout?: number;
  /**
   * Milliseconds after which a stream is closed, give or take 10 %. EventSource reconnects.
   *
   * @default no limit
   */
  maxAge?: number;
  /**
   * The time at which one stream is closed: a `Date`, or milliseconds since 1970. EventSource reconnects, so that the
   * app can check the client's token again. Not an option of a server.
   *
   * @default no limit
   * @example
   * res.sse(source, { expiresAt: token.exp * 1000 });
   */
  expiresAt?: Date | number;
  /**
   * Makes the last event of a stream whose source failed after the head. The stream is then finished for good.
   *
   * Without it, or when it returns `undefined`, the client is told nothing: the connection breaks off, and
   * EventSource reconnects. The error itself goes to `onError` only.
   *
   * @default none
   * @example
   * new EventStreamServer({ describeError: () => ({ event: "failed", data: { message: "Please try again" } }) });
   */
  describeError?(error: unknown): EventMessage | undefined;
  /**
   * Makes a message of each item of one stream's source. Not an option of a server.
   *
   * @default the item is the message
   * @example
   * res.sse(tokens, { toMessage: (token) => ({ event: "token", data: token }) });
   */
  toMessage?(item: any): EventMessage | string;
  /**
   * Bytes that a client may leave unread. A client with more is cut off with the reason `slow`.
   *
   * @default 1_048_576
   */
  maxBufferedBytes?: number;
  /**
   * Milliseconds in which a client with unread bytes must take some of them. A client that takes none is cut off with
   * the reason `slow`.
   *
   * @default 60_000
   */
  stallTimeout?: number;
  /**
   * Keeps the request of one stream alive until the stream closes. Only an option of `respond`, for Workers, which
   * otherwise may not notice that the client has left. With Hono it is not needed.
   *
   * @default none
   * @example
   * events.respond(request, source, { waitUntil: (closed) => ctx.waitUntil(closed) });
   */
  waitUntil?(promise: Promise<unknown>): void;
  /**
   * Number of streams that may be open at once. Further requests are refused, as `refuse` says. Only an option of a
   * server.
   *
   * @default no limit
   */
  maxStreams?: number;
  /**
   * How EventSource is refused when there are `maxStreams`, or when the server has been closed. Only an option of a
   * server.
   *
   * `"retry"` answers 200 with a reconnection time and no event, because EventSource never reconnects after another
   * status. `503` is for a load balancer that then tries another node. Clients that are not EventSource always get a
   * 503.
   *
   * @default "retry"
   */
  refuse?: "retry" | 503;
  /**
   * Whether the source must not run twice for one client. A request with a `Last-Event-ID` header is then answered
   * 204, on which EventSource stops.
   *
   * @default false
   * @example
   * res.sse(answer, { once: true }); // a generation that must not start again, even if the connection breaks
   */
  once?: boolean;
  /**
   * Makes the text of `data` that is not a string.
   *
   * @default JSON.stringify
   */
  serialize?: Serialize;
  /**
   * Whether ssekit may write to the socket directly where that is safe: on Node with HTTP/1.1, when nothing wraps the
   * response. It saves CPU time. With `false` it always uses `res.write`.
   *
   * @default true
   */
  directWrites?: boolean;
  /**
   * Further headers of every response, also of a 204 and of a refusal. They replace the ones that ssekit sets.
   *
   * @default none
   * @example
   * new EventStreamServer({ headers: { "access-control-allow-origin": "https://app.example" } });
   */
  headers?: Record<string, string>;
  /**
   * Called when the head of a stream is sent.
   *
   * @default none
   */
  onOpen?(stream: EventStream): void;
  /**
   * Called when the response of an opened stream is over.
   *
   * @default none
   */
  onClose?(stream: EventStream, reason: CloseReason): void;
  /**
   * Called with errors that no caller can be told of, such as one of a source after the head, or of another hook.
   *
   * @default console.error
   */
  onError?(error: unknown, stream: EventStream): void;
}

/**
 * Options of a stream whose source yields items that are not messages.
 *
 * @example
 * const options: ItemOptions<Price> = { toMessage: (price) => ({ event: "price", data: price }) };
 */
export interface ItemOptions<T> extends Omit<EventStreamOptions, "toMessage"> {
  /** Makes a message of each item of the source. */
  toMessage(item: T): EventMessage | string;
}

type Optional = "serialize" | "describeError" | "toMessage" | "onOpen" | "onClose" | "waitUntil";

/** Options in which every default has been filled in. */
export interface ResolvedOptions
  extends Required<Omit<EventStreamOptions, Optional>>, Pick<EventStreamOptions, Optional> {
  expiresAt: number;
  /** The block with `retry`, made once for all streams of a server. */
  retryFrame: Frame | undefined;
}

const IS_BUN = "Bun" in globalThis;
// Two heartbeats may be needed to notice that a client has left.
const MAX_WORKER_HEARTBEAT = 10_000;

const DEFAULTS: ResolvedOptions = {
  // With its default of 10 s, Bun.serve closes a silent connection after 8 to 12 s.
  heartbeat: IS_BUN ? 7_000 : 15_000,
  retry: 3_000,
  headTimeout: 5_000,
  maxAge: Infinity,
  expiresAt: Infinity,
  maxBufferedBytes: 1 << 20,
  stallTimeout: 60_000,
  maxStreams: Infinity,
  refuse: "retry",
  once: false,
  directWrites: true,
  headers: {},
  onError: (error) => console.error(error),
  retryFrame: retryFrame(3_000),
};

/** The check of a reconnection time. */
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
  directWrites: BOOLEAN,
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
  waitUntil: "it is one of respond",
};

/** Of one stream. */
export const STREAM_CHECKS: Checks = {
  ...COMMON_CHECKS,
  expiresAt: ["a Date or milliseconds since 1970", isTime],
  toMessage: FUNCTION,
  waitUntil: "it is one of respond",
  maxStreams: "it is one of EventStreamServer",
  refuse: "it is one of EventStreamServer",
};

function orFalse([expected, holds]: Check): Check {
  return [`${expected}, or false`, (value) => value === false || holds(value)];
}

function isTime(value: unknown): boolean {
  // Not instanceof: under Jest, a Date may come from another realm.
  const isDate = Object.prototype.toString.call(value) === "[object Date]";
  return (isDate || typeof value === "number") && !Number.isNaN(Number(value));
}

function isHeaders(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Object.values(value).every((header) => typeof header === "string" && !/[\r\n\0]/.test(header));
}

/**
 * Fills in what a stream's options leave out from those of its server, and what a server's leave out from the
 * defaults.
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
  if (given.length === 0) return base; // streams without options of their own share one object
  const resolved: ResolvedOptions = { ...base, ...Object.fromEntries(given) };
  if (options.expiresAt !== undefined) resolved.expiresAt = Number(options.expiresAt);
  resolved.headers = { ...base.headers, ...lowerCase(options.headers) };
  if (resolved.retry !== base.retry) resolved.retryFrame = retryFrame(resolved.retry);
  return resolved;
}

/** Limits the heartbeat of a stream in a Worker, which keeps a request for 30 s at most after its client has left. */
export function limitHeartbeat(options: ResolvedOptions): ResolvedOptions {
  const { heartbeat } = options;
  if (heartbeat !== false && heartbeat <= MAX_WORKER_HEARTBEAT) return options;
  return { ...options, heartbeat: MAX_WORKER_HEARTBEAT };
}

function retryFrame(retry: number | false): Frame | undefined {
  if (retry !== false) return createFrame(encode({ retry }));
  // Bun sends the head with the first bytes of the body.
  return IS_BUN ? createFrame(encode({ comment: "" })) : undefined;
}

function lowerCase(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
