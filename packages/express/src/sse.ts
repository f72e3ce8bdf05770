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
  // @types/express 4 and 5 both read this namespace, so that middleware can add to the type of a response.
  namespace Express {
    interface Response {
      /**
       * Answers this request with an event stream, and returns the stream. Headers that were set before are kept.
       *
       * An error of the source before its first item goes to the error handlers of the router. A later error goes to
       * `onError`, and the stream closes.
       *
       * With an event map as a type argument, as in `res.sse<{ tick: Tick }>()`, only its events can be sent.
       *
       * @param source what to send: an iterable, an async iterable, a `ReadableStream`, or a function of the stream.
       *   Without it the stream is open until `close()`, `end()`, or the client leaves.
       * @throws {SseError} `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`, `ERR_SSE_INVALID_SOURCE`,
       *   `ERR_SSE_INVALID_OPTION`
       * @example
       * app.get("/clock", (req, res) => {
       *   const stream = res.sse(); // or res.sse(undefined, { heartbeat: 5_000 })
       *   const timer = setInterval(() => stream.send({ event: "tick", data: Date.now() }), 1000);
       *   stream.signal.addEventListener("abort", () => clearInterval(timer));
       * });
       * @example
       * app.get("/answer", (req, res) => {
       *   res.sse(async function* ({ signal }) {
       *     yield* relay(await fetch(provider, { signal }), { doneOn: "[DONE]" });
       *   });
       * });
       */
      sse<Events = any>(source?: MessageSource<Events>, options?: EventStreamOptions): EventStream<Events>;
      /**
       * Answers this request with what a source yields, each item made into a message by `toMessage`.
       *
       * @example
       * res.sse(orders, { toMessage: (order) => ({ event: "order", id: order.id, data: order }) });
       */
      sse<T>(source: Source<T>, options: ItemOptions<T>): EventStream;
    }
  }
}

class ExpressExchange extends NodeExchange {
  protected handOver(error: unknown): void {
    // Express sets `req.next` to the `next` of the handler that is running. The middleware's own `next` would skip the
    // error handlers of that handler's router.
    (this.req as IncomingMessage & { next?(error: unknown): void }).next?.(error);
  }
}

type OpenOnThis = (this: ServerResponse, source?: Source, options?: EventStreamOptions) => EventStream;
type SseMiddleware = (
  req: IncomingMessage,
  res: ServerResponse & { sse?: OpenOnThis },
  next: (error?: unknown) => void,
) => void;

/**
 * Makes middleware for Express 4 and 5 that adds `res.sse()`.
 *
 * @param given a server, or options. Given options, or nothing, the middleware makes a server of its own. Its streams
 *   share the server's options, heartbeat and shutdown.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 * @example
 * app.use(sse());
 * app.use(sse({ heartbeat: 15_000 }));
 * app.use(sse(events)); // an EventStreamServer, which can be closed at shutdown
 */
export function sse(given?: EventStreamServer | EventStreamOptions): SseMiddleware {
  const server = serverOf(given, arguments.length);
  // All responses share this function, because a closure for each response would take memory.
  const openOnThis: OpenOnThis = function (source, options) {
    return openOn(new ExpressExchange(this.req, this), server, source, options);
  };
  return function sseMiddleware(_req, res, next) {
    res.sse = openOnThis;
    next();
  };
}
