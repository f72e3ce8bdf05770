import type { MiddlewareHandler } from "hono";
import {
  type EventStreamServer,
  SseError,
  type EventStreamOptions,
  type ItemOptions,
  type MessageSource,
  type Source,
} from "@ssekit/core";
import { returnSource, serverOf } from "@ssekit/core/adapter";
import { HonoExchange, type HonoContext } from "./hono-exchange.js";

declare module "hono" {
  interface ContextVariableMap {
    /**
     * Answers this request with an event stream. Headers and cookies that are set on the context are kept.
     *
     * @param source what to send, or a function of the stream.
     * @returns the response, when its head is decided: at once, or with the source's first item.
     * @throws what the source throws before its first item, as a rejection that `app.onError` sees. {@link SseError}
     *   `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_INVALID_SOURCE`, `ERR_SSE_INVALID_OPTION`.
     */
    sse<Events = any>(source?: MessageSource<Events>, options?: EventStreamOptions): Promise<Response>;
    /** The same for a source whose items are made into messages by `toMessage`. */
    sse<T>(source: Source<T>, options: ItemOptions<T>): Promise<Response>;
  }
}

/**
 * Middleware for Hono 4 that adds `c.var.sse()`.
 *
 * @param given the options, heartbeat and shutdown that its streams share: a server, or options for one of its own.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
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
          server.open(new HonoExchange(c, resolve, reject), source, options);
        });
      } catch (error) {
        opened = false; // for the app's error handler
        throw error;
      }
    });
    return next();
  };
}

/** What Bun hands to `fetch` and Hono on to `env`. */
interface BunServer {
  timeout?(request: Request, seconds: number): void;
}

/** Bun closes a connection that is silent for ten seconds, unless its server is told not to. */
function keepOpen(c: HonoContext): void {
  const env = c.env as (BunServer & { server?: BunServer }) | null | undefined;
  const server = env?.server ?? env;
  if (typeof server?.timeout === "function") server.timeout(c.req.raw, 0);
}
