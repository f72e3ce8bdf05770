import type { IncomingMessage, ServerResponse } from "node:http";
import { EventStreamServer, SseError, type EventStream, type EventStreamOptions, type Source } from "@ssekit/core";
import { NodeExchange } from "./node-exchange.js";

/** What to open, and where. */
export interface OpenOptions extends EventStreamOptions {
  /** The server whose options, heartbeat and shutdown the stream shares. Default: one for all that name none. */
  server?: EventStreamServer;
  /** What to send. Without it the stream is open until `close()`, `end()`, or the client leaves. */
  source?: Source;
  /** Takes an error of the source that came before the head. Default: `onError`, and a response of status 500. */
  fail?(error: unknown): void;
}

/** Marks a response that has an event stream; a registered symbol, so that two copies of this package see it. */
const OPENED = Symbol.for("ssekit.opened/1");

let defaultServer: EventStreamServer | undefined;

/**
 * Opens an event stream on a request of `node:http` or `node:https`.
 *
 * @throws {SseError} `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`, `ERR_SSE_INVALID_SOURCE`,
 *   `ERR_SSE_INVALID_OPTION`
 */
export function open(req: IncomingMessage, res: ServerResponse, options: OpenOptions = {}): EventStream {
  const { server = (defaultServer ??= new EventStreamServer()), source, fail, ...streamOptions } = options;
  const marked = res as { [OPENED]?: true };
  if (marked[OPENED]) {
    throw new SseError("ERR_SSE_ALREADY_OPEN", "This response has an event stream already; keep the one that was returned");
  }
  const exchange = new NodeExchange(req, res, fail ?? ((error) => answerError(res, error)));
  const given = Object.keys(streamOptions).length > 0 ? streamOptions : undefined;
  const stream = server.open(exchange, source, given);
  marked[OPENED] = true;
  return stream;
}

/** What a framework would do: the error's own status, and not a word of its message to the client. */
function answerError(res: ServerResponse, error: unknown): void {
  console.error(error);
  const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  const code = status ?? statusCode;
  res.writeHead(typeof code === "number" && code >= 400 && code < 600 ? code : 500, { "content-type": "text/plain" });
  res.end("The event stream could not be opened.\n");
}
