import type { IncomingMessage, ServerResponse } from "node:http";
import {
  EventStreamServer,
  open,
  type EventStream,
  type EventStreamOptions,
  type Source,
} from "@ssekit/node";

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
      sse(source?: Source, options?: EventStreamOptions): EventStream;
    }
  }
}

type ExpressRequest = IncomingMessage & { next?(error: unknown): void };

/**
 * Middleware for Express 4 and 5 that adds `res.sse()`.
 *
 * @param server the options, heartbeat and shutdown that its streams share. Default: one of its own.
 */
export function sse(server: EventStreamServer = new EventStreamServer()) {
  return function sseMiddleware(
    req: IncomingMessage,
    res: ServerResponse,
    next: (error?: unknown) => void,
  ): void {
    // Not the `next` of this middleware: that of the handler which is running then, or its router's error handlers
    // would be passed over.
    const fail = (error: unknown): void => (req as ExpressRequest).next?.(error);
    Object.assign(res, {
      sse: (source?: Source, options?: EventStreamOptions) =>
        open(req, res, { ...options, server, source, fail }),
    });
    next();
  };
}
