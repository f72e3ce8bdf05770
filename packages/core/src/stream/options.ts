import type { Serialize } from "../format/encode.js";
import { encode } from "../format/encode.js";
import type { CloseReason, EventStream } from "./event-stream.js";
import { createFrame, type Frame } from "../format/frame.js";
import { SseError, describe } from "../sse-error.js";

/** Options of an `EventStreamServer`. All but `maxStreams` and `refuse` can also be given for one stream. */
export interface EventStreamOptions {
  /** Milliseconds without an event after which a comment is sent, so that nothing on the way takes the connection for dead. Default 15 000. `false`: never. */
  heartbeat?: number | false;
  /** The client's reconnection time in milliseconds; the first block of every stream. Default 3 000. */
  retry?: number;
  /** Milliseconds to wait for the first item of a source before the response's head is sent without it. Default 5 000. */
  headTimeout?: number;
  /** Milliseconds, give or take 10 %, after which a stream is closed; the client comes back. Default: none. */
  maxAge?: number;
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

/** Options with every default in place. */
export interface ResolvedOptions extends Required<
  Omit<EventStreamOptions, "serialize" | "onOpen" | "onClose">
> {
  serialize: Serialize | undefined;
  onOpen: EventStreamOptions["onOpen"];
  onClose: EventStreamOptions["onClose"];
  /** The block with `retry`, the same for all streams. */
  retryFrame: Frame;
}

const DEFAULTS: ResolvedOptions = {
  heartbeat: 15_000,
  retry: 3_000,
  headTimeout: 5_000,
  maxAge: Infinity,
  maxBufferedBytes: 1 << 20,
  stallTimeout: 60_000,
  maxStreams: Infinity,
  refuse: "retry",
  once: false,
  serialize: undefined,
  headers: {},
  onOpen: undefined,
  onClose: undefined,
  onError: (error) => console.error(error),
  retryFrame: createFrame(encode({ retry: 3_000 })),
};

const MAX_MS = 2 ** 31 - 1;

type Check = readonly [expected: string, test: (value: unknown) => boolean];
const number = (value: unknown): value is number => typeof value === "number";
const MS: Check = [
  `a number of milliseconds above 0 and up to ${MAX_MS}`,
  (value) => number(value) && value > 0 && value <= MAX_MS,
];
const LIMIT: Check = ["a number above 0", (value) => number(value) && value > 0];
const FUNCTION: Check = ["a function", (value) => typeof value === "function"];

const CHECKS: Record<keyof EventStreamOptions, Check> = {
  heartbeat: [`${MS[0]}, or false`, (value) => value === false || MS[1](value)],
  retry: [
    `a whole number of milliseconds from 0 to ${MAX_MS}`,
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_MS,
  ],
  headTimeout: MS,
  maxAge: MS,
  maxBufferedBytes: LIMIT,
  stallTimeout: MS,
  maxStreams: ["a number from 0", (value) => number(value) && value >= 0],
  refuse: ['"retry" or 503', (value) => value === "retry" || value === 503],
  once: ["true or false", (value) => typeof value === "boolean"],
  serialize: FUNCTION,
  headers: ["an object of strings", isHeaders],
  onOpen: FUNCTION,
  onClose: FUNCTION,
  onError: FUNCTION,
};

function isHeaders(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((header) => typeof header === "string" && !/[\r\n\0]/.test(header));
}

/**
 * Puts options over the server's, or over the defaults.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function resolveOptions(
  options: EventStreamOptions | undefined,
  server?: ResolvedOptions,
): ResolvedOptions {
  const base = server ?? DEFAULTS;
  if (options === undefined) return base;
  if (typeof options !== "object" || options === null) {
    throw new SseError("ERR_SSE_INVALID_OPTION", `options: expected an object, got ${describe(options)}`);
  }
  const given = Object.entries(options);
  if (given.length === 0) return base; // the same object for all streams that have no options of their own
  const resolved: ResolvedOptions = { ...base };
  for (const [name, value] of given) {
    if (value === undefined) continue;
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof EventStreamOptions] : undefined;
    if (check === undefined) {
      const known = Object.keys(CHECKS).join(", ");
      throw new SseError("ERR_SSE_INVALID_OPTION", `${name}: no such option; there are ${known}`);
    }
    if (server !== undefined && (name === "maxStreams" || name === "refuse")) {
      throw new SseError(
        "ERR_SSE_INVALID_OPTION",
        `${name}: an option of the EventStreamServer, not of one stream`,
      );
    }
    if (!check[1](value)) {
      throw new SseError("ERR_SSE_INVALID_OPTION", `${name}: expected ${check[0]}, got ${describe(value)}`);
    }
    Object.assign(resolved, { [name]: value });
  }
  resolved.headers = { ...base.headers, ...lowerCase(options.headers) };
  if (resolved.retry !== base.retry) resolved.retryFrame = createFrame(encode({ retry: resolved.retry }));
  return resolved;
}

function lowerCase(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
