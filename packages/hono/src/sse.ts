import type { MiddlewareHandler } from "hono";
import {
  type EventStream,
  type EventStreamServer,
  SseError,
  type EventStreamOptions,
  type ItemOptions,
  type MessageSource,
  type Source,
} from "@ssekit/core";
import { returnSource, serverOf, untilOver } from "@ssekit/core/adapter";
import { HonoExchange, type HonoContext } from "./hono-exchange.js";
import { NodeConnection } from "./node-connection.js";

declare module "hono" {
  interface ContextVariableMap {
    /**
     * Answers this request with an event stream, and returns a promise of the response. Return it from the handler.
     *
     * Headers and cookies that are set on the context are kept. The promise resolves when the head is decided: at the
     * source's first item, after `headTimeout`, or at once if there is no source or a function as source returns nothing.
     * It rejects with an error that comes before, which then reaches `app.onError`. A later error goes to `onError`, and
     * the stream closes.
     *
     * With an event map as a type argument, as in `c.var.sse<{ tick: Tick }>(source)`, only its events can be sent.
     *
     * @param source what to send: an iterable, an async iterable, a `ReadableStream`, or a function of the stream. If
     *   the function returns nothing, the stream is open until `close()`, `end()`, or the client leaves.
     * @throws {SseError} as a rejection: `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_INVALID_SOURCE`, `ERR_SSE_INVALID_OPTION`
     * @example
     * app.get("/clock", (c) =>
     *   c.var.sse((stream) => {
     *     const timer = setInterval(() => stream.send({ event: "tick", data: Date.now() }), 1000);
     *     stream.signal.addEventListener("abort", () => clearInterval(timer));
     *   }),
     * );
     * @example
     * app.get("/answer", (c) =>
     *   c.var.sse(async function* ({ signal }) {
     *     yield* relay(await fetch(provider, { signal }), { doneOn: "[DONE]" });
     *   }),
     * );
     */
    sse<Events = any>(source?: MessageSource<Events>, options?: EventStreamOptions): Promise<Response>;
    /**
     * Answers this request with what a source yields, each item made into a message by `toMessage`. Return the promise.
     *
     * @example
     * app.get("/orders", (c) =>
     *   c.var.sse(orders, { toMessage: (order) => ({ event: "order", id: order.id, data: order }) }),
     * );
     */
    sse<T>(source: Source<T>, options: ItemOptions<T>): Promise<Response>;
  }
}

/**
 * Makes middleware for Hono 4 that adds `c.var.sse()`.
 *
 * @param given a server, or options. Given options, or nothing, the middleware makes a server of its own. Its streams
 *   share the server's options, heartbeat and shutdown.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 * @example
 * app.use(sse());
 * app.use(sse({ heartbeat: 15_000 }));
 * app.use(sse(events)); // an EventStreamServer, which can be closed at shutdown
 */
export function sse(given?: EventStreamServer | EventStreamOptions): MiddlewareHandler {
  const server = serverOf(given, arguments.length);
  return function sseMiddleware(c, next) {
    let opened = false;
    c.set("sse", async (source?: Source, options?: EventStreamOptions) => {
      if (opened) {
        returnSource(source);
        throw new SseError(
          "ERR_SSE_ALREADY_OPEN",
          "This request has an event stream already; return its response",
        );
      }
      opened = true;
      keepOpen(c);
      try {
        return await new Promise<Response>((resolve, reject) => {
          const stream = server.open(new HonoExchange(c, resolve, reject), source, options);
          keepRunning(c, stream);
        });
      } catch (error) {
        opened = false; // the app's error handler may open a stream itself
        throw error;
      }
    });
    return next();
  };
}

/** Keeps the request of a Worker running until its stream closes. Otherwise some versions never tell that the client left. */
function keepRunning(c: HonoContext, stream: EventStream): void {
  if (NodeConnection.of(c.env) !== undefined) return; // spares the error that the next line makes there
  try {
    c.executionCtx.waitUntil(untilOver(stream));
  } catch {
    // This runtime has no such context.
  }
}

/** Bun's server, which Bun gives to the `fetch` handler and Hono puts into `env`. */
interface BunServer {
  timeout?(request: Request, seconds: number): void;
}

/** Turns off Bun's timeout for this request. By default Bun closes a connection after ten silent seconds. */
function keepOpen(c: HonoContext): void {
  const env = c.env as (BunServer & { server?: BunServer }) | null | undefined;
  const server = env?.server ?? env;
  if (typeof server?.timeout === "function") server.timeout(c.req.raw, 0);
}
