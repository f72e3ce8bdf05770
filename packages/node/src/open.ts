import {
  EventStreamServer,
  type EventStream,
  type EventStreamOptions,
  type ItemOptions,
  type Source,
} from "@ssekit/core";
import {
  checkOptions,
  FUNCTION,
  invalidOption,
  returnSource,
  SERVER,
  STREAM_CHECKS,
  type Checks,
} from "@ssekit/core/adapter";
import { NodeExchange } from "./node-exchange.js";
import type { NodeRequest, NodeResponse } from "./node-response.js";

/** Options of `open`: those of a stream, and the server, the source and the error handler. */
export interface OpenOptions extends EventStreamOptions {
  /**
   * The server whose options, heartbeat and shutdown the stream shares.
   *
   * @default one server that all streams without this option share
   */
  server?: EventStreamServer;
  /**
   * What to send. Without it the stream is open until `close()`, `end()`, or the client leaves.
   *
   * @default no source
   */
  source?: Source;
  /**
   * Handles an error of the source that came before the head. It has to send a response.
   *
   * @default prints the error, and answers with the error's `status` or `statusCode`, or with 500
   */
  fail?(error: unknown): void;
}

/** Options of `open` with a source whose items `toMessage` makes into messages. */
export interface OpenItemsOptions<T> extends Omit<OpenOptions, "source" | "toMessage">, ItemOptions<T> {
  /** What to send, after `toMessage` has made a message of each item. */
  source: Source<T>;
}

const CHECKS: Checks = {
  server: SERVER,
  source: ["a source", () => true], // which the server checks
  fail: FUNCTION,
  ...STREAM_CHECKS,
};

let defaultServer: EventStreamServer | undefined;

/**
 * Answers a request of `node:http`, `node:https` or the compatibility API of `node:http2` with an event stream.
 *
 * Headers that were set on `res` before are kept. An error of the source before its first item goes to `fail`, and a
 * later one to `onError`.
 *
 * @throws {SseError} `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`, `ERR_SSE_INVALID_SOURCE`,
 *   `ERR_SSE_INVALID_OPTION`
 * @example
 * http.createServer((req, res) => {
 *   open(req, res, { source: async function* ({ signal }) {
 *     while (!signal.aborted) yield { event: "tick", data: await nextTick() };
 *   } });
 * });
 * @example
 * const stream = open(req, res, { server: events }); // without a source it stays open
 * stream.send({ event: "hello", data: "world" });
 */
export function open(req: NodeRequest, res: NodeResponse, options?: OpenOptions): EventStream;
/** Answers a request with a source whose items `toMessage` makes into messages. */
export function open<T>(req: NodeRequest, res: NodeResponse, options: OpenItemsOptions<T>): EventStream;
export function open(req: NodeRequest, res: NodeResponse, options: OpenOptions = {}): EventStream {
  try {
    if (typeof (res as Partial<NodeResponse> | undefined)?.writeHead !== "function") {
      throw invalidOption("open: res", "a response of node:http", res);
    }
    checkOptions("open", options, CHECKS);
  } catch (error) {
    returnSource((options as OpenOptions | null)?.source);
    throw error;
  }
  const { server = (defaultServer ??= new EventStreamServer()), source, fail, ...streamOptions } = options;
  return openOn(new PlainExchange(req, res, fail), server, source, streamOptions);
}

/**
 * Opens a stream on an exchange. `open` and the adapters share this function.
 *
 * @throws {SseError} `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`, `ERR_SSE_INVALID_SOURCE`,
 *   `ERR_SSE_INVALID_OPTION`
 * @example
 * class MyExchange extends NodeExchange {
 *   protected handOver(error: unknown): void {
 *     next(error); // the framework's way to take an error
 *   }
 * }
 * const stream = openOn(new MyExchange(req, res), server, source, options);
 */
export function openOn(
  exchange: NodeExchange,
  server: EventStreamServer,
  source?: Source,
  options?: EventStreamOptions,
): EventStream {
  try {
    exchange.claim();
  } catch (error) {
    returnSource(source);
    throw error;
  }
  try {
    return server.open(exchange, source, options);
  } catch (error) {
    exchange.release();
    throw error;
  }
}

/** The exchange of a server without a framework. It hands errors to the app's `fail`. */
class PlainExchange extends NodeExchange {
  readonly #fail: OpenOptions["fail"];

  constructor(req: NodeRequest, res: NodeResponse, fail: OpenOptions["fail"]) {
    super(req, res);
    this.#fail = fail;
  }

  protected handOver(error: unknown): void {
    const fail: ((error: unknown) => unknown) | undefined = this.#fail;
    if (fail === undefined) return answerError(this.res, error);
    // If `fail` itself throws or rejects, the client still gets an answer.
    void (async () => fail(error))().catch((thrown: unknown) => answerError(this.res, thrown));
  }
}

/** Answers as a framework would: with the error's own status, and without its message, which may be secret. */
function answerError(res: NodeResponse, error: unknown): void {
  console.error(error);
  if (res.headersSent) return void res.destroy();
  const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  const code = status ?? statusCode;
  res.writeHead(typeof code === "number" && code >= 400 && code < 600 ? code : 500, {
    "content-type": "text/plain",
  });
  res.end("The event stream could not be opened.\n");
}
