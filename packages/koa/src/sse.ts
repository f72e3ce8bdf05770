import type { Middleware } from "koa";
import {
  EventStreamServer,
  type EventStream,
  type EventStreamOptions,
  type ItemOptions,
  type Source,
} from "@ssekit/node";
import { openOn } from "@ssekit/node/adapter";
import { KoaExchange, type KoaContext } from "./koa-exchange.js";

declare module "koa" {
  interface ExtendableContext {
    /**
     * Answers this request with an event stream, in `ctx.body`: middleware around it goes on working.
     *
     * @throws {SseError} `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`
     */
    sse(): EventStream;
    /**
     * Answers this request with what a source yields. Return or await it: it resolves when the head is decided, with
     * the source's first item, and rejects with an error that comes before, while `ctx.body` is untouched.
     *
     * @throws {SseError} as a rejection: `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`, `ERR_SSE_INVALID_SOURCE`,
     *   `ERR_SSE_INVALID_OPTION`
     */
    sse(source: Source | undefined, options?: EventStreamOptions): Promise<EventStream>;
    /** The same for a source whose items are made into messages by `toMessage`. */
    sse<T>(source: Source<T>, options: ItemOptions<T>): Promise<EventStream>;
  }
}

/**
 * Middleware for Koa 2 and 3 that adds `ctx.sse()`.
 *
 * @param server the options, heartbeat and shutdown that its streams share. Default: one of its own.
 */
export function sse(server: EventStreamServer = new EventStreamServer()): Middleware {
  return function sseMiddleware(ctx, next) {
    Object.assign(ctx, {
      sse: (...given: [source?: Source, options?: EventStreamOptions]) =>
        given.length === 0 ? openNow(server, ctx) : openWithSource(server, ctx, ...given),
    });
    return next();
  };
}

function openNow(server: EventStreamServer, ctx: KoaContext): EventStream {
  const failures: unknown[] = [];
  const exchange = new KoaExchange(
    ctx,
    (error) => failures.push(error),
    () => {},
  );
  const stream = openOn(exchange, server);
  if (failures.length > 0) throw failures[0];
  return stream;
}

function openWithSource(
  server: EventStreamServer,
  ctx: KoaContext,
  source?: Source,
  options?: EventStreamOptions,
): Promise<EventStream> {
  const opening = new Promise<EventStream>((resolve, reject) => {
    let decided!: () => void;
    const head = new Promise<void>((resolveHead) => (decided = resolveHead));
    const exchange = new KoaExchange(ctx, reject, decided);
    const stream = openOn(exchange, server, source, options);
    void stream.closed.then(decided); // the client left before that
    void head.then(() => resolve(stream));
  });
  opening.catch(() => {}); // somebody who does not await it has been told by onError
  return opening;
}
