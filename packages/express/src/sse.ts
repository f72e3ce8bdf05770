import type { IncomingMessage, ServerResponse } from "node:http";
import type {
  EventStream,
  EventStreamOptions,
  EventStreamServer,
  ItemOptions,
  MessageSource,
  Source,
} from "@ssekit/node";
import { NodeExchange, openOn, serverOf } from "@ssekit/node/adapter";

declare global {
  // The namespace that @types/express, 4 and 5, leaves open for this.
  namespace Express {
    interface Response {
      /**
       * Answers this request with an event stream. Headers set before are kept.
       *
       * @param source what to send. Without it the stream is open until `close()`, `end()`, or the client leaves.
       *   An error before its first item goes to the router's error handlers.
       * @throws {SseError} `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`, `ERR_SSE_INVALID_SOURCE`,
       *   `ERR_SSE_INVALID_OPTION`
       */
      sse<Events = any>(source?: MessageSource<Events>, options?: EventStreamOptions): EventStream<Events>;
      /** The same for a source whose items are made into messages by `toMessage`. */
      sse<T>(source: Source<T>, options: ItemOptions<T>): EventStream;
    }
  }
}

class ExpressExchange extends NodeExchange {
  protected handOver(error: unknown): void {
    // Not the `next` of the middleware: that of the handler which is running then, or its router's error handlers
    // would be passed over.
    (this.req as IncomingMessage & { next?(error: unknown): void }).next?.(error);
  }
}

/**
 * Middleware for Express 4 and 5 that adds `res.sse()`.
 *
 * @param given the options, heartbeat and shutdown that its streams share: a server, or options for one of its own.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function sse(given?: EventStreamServer | EventStreamOptions) {
  const server = serverOf(given, arguments.length);
  // One for all responses, and not one for each.
  function openOnThis(this: ServerResponse, source?: Source, options?: EventStreamOptions): EventStream {
    return openOn(new ExpressExchange(this.req, this), server, source, options);
  }
  return function sseMiddleware(
    _req: IncomingMessage,
    res: ServerResponse & { sse?: typeof openOnThis },
    next: (error?: unknown) => void,
  ): void {
    res.sse = openOnThis;
    next();
  };
}
