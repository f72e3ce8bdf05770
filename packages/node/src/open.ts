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

/** What to open, and where. */
export interface OpenOptions extends EventStreamOptions {
  /** The server whose options, heartbeat and shutdown the stream shares. Default: one for all that name none. */
  server?: EventStreamServer;
  /** What to send. Without it the stream is open until `close()`, `end()`, or the client leaves. */
  source?: Source;
  /** Takes an error of the source that came before the head. Default: it is printed, and the response is a 500. */
  fail?(error: unknown): void;
}

/** What to open, where, with a source whose items are made into messages by `toMessage`. */
export interface OpenItemsOptions<T> extends Omit<OpenOptions, "source" | "toMessage">, ItemOptions<T> {
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
 * Opens an event stream on a request of `node:http`, `node:https` or the compatibility API of `node:http2`.
 *
 * @throws {SseError} `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`, `ERR_SSE_INVALID_SOURCE`,
 *   `ERR_SSE_INVALID_OPTION`
 */
export function open(req: NodeRequest, res: NodeResponse, options?: OpenOptions): EventStream;
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

/** Opens a stream on an exchange whose response has none: what `open` and the adapters share. */
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

/** Without a framework: an error goes to the app's `fail`. */
class PlainExchange extends NodeExchange {
  readonly #fail: OpenOptions["fail"];

  constructor(req: NodeRequest, res: NodeResponse, fail: OpenOptions["fail"]) {
    super(req, res);
    this.#fail = fail;
  }

  protected handOver(error: unknown): void {
    const fail: ((error: unknown) => unknown) | undefined = this.#fail;
    if (fail === undefined) return answerError(this.res, error);
    // The hook's own error, thrown or rejected, has an answer too.
    void (async () => fail(error))().catch((thrown: unknown) => answerError(this.res, thrown));
  }
}

/** What a framework would do: the error's own status, and not a word of its message to the client. */
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
