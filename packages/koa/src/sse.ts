import type { Middleware } from "koa";
import {
  type EventStreamServer,
  SseError,
  type EventStream,
  type EventStreamOptions,
  type ItemOptions,
  type Source,
} from "@ssekit/node";
import { openOn, portOf, serverOf } from "@ssekit/node/adapter";
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

const HELD_BACK_MS = 1_000;

/**
 * Middleware for Koa 2 and 3 that adds `ctx.sse()`.
 *
 * @param given the options, heartbeat and shutdown that its streams share: a server, or options for one of its own.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function sse(given?: EventStreamServer | EventStreamOptions): Middleware {
  const server = serverOf(given, arguments.length);
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
  reportHeldBack(ctx, stream);
  return stream;
}

/** Koa sends nothing before all middleware has returned, which a handler that waits for its own stream never does. */
function reportHeldBack(ctx: KoaContext, stream: EventStream): void {
  setTimeout(() => {
    if (ctx.headerSent || stream.signal.aborted) return;
    portOf(stream).report(
      new SseError(
        "ERR_SSE_NOT_SENT",
        "ctx.sse(): nothing is sent before all middleware has returned. Await nothing after it: return, or pass a source",
      ),
    );
  }, HELD_BACK_MS).unref();
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
    void head.then(() => {
      reportHeldBack(ctx, stream);
      resolve(stream);
    });
  });
  opening.catch(() => {}); // somebody who does not await it has been told by onError
  return opening;
}
