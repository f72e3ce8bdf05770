import type { Middleware } from "koa";
import {
  type EventStreamServer,
  SseError,
  type EventStream,
  type EventStreamOptions,
  type ItemOptions,
  type MessageSource,
  type Source,
} from "@ssekit/node";
import { openOn, portOf, serverOf } from "@ssekit/node/adapter";
import { KoaExchange, type KoaContext } from "./koa-exchange.js";

declare module "koa" {
  interface ExtendableContext {
    /**
     * Answers this request with what a source yields, and returns a promise of the stream.
     *
     * **Return the promise or await it.** Otherwise Koa answers 404 before the source has its first item. The promise
     * resolves when the head is decided: at the first item, after `headTimeout`, or at once if a function as source
     * returns nothing. It rejects with an error that comes before, and `ctx.body` is then untouched.
     *
     * Without a source (`ctx.sse()` and `ctx.sse(undefined, options)`) the stream itself is returned, and no promise.
     * A call whose source may be `undefined` returns either of the two: await it.
     *
     * @param source what to send: an iterable, an async iterable, a `ReadableStream`, or a function of the stream.
     * @throws {SseError} as a rejection: `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`, `ERR_SSE_INVALID_SOURCE`,
     *   `ERR_SSE_INVALID_OPTION`
     * @example
     * router.get("/answer", (ctx) =>
     *   ctx.sse(async function* ({ signal }) {
     *     yield* relay(await fetch(provider, { signal }), { doneOn: "[DONE]" });
     *   }),
     * );
     */
    sse<Events = any>(
      source: MessageSource<Events>,
      options?: EventStreamOptions,
    ): Promise<EventStream<Events>>;
    /**
     * Answers this request with what a source yields, each item made into a message by `toMessage`.
     *
     * **Return the promise or await it**, as without `toMessage`.
     *
     * @example
     * router.get("/orders", (ctx) =>
     *   ctx.sse(orders, { toMessage: (order) => ({ event: "order", id: order.id, data: order }) }),
     * );
     */
    sse<T>(source: Source<T>, options: ItemOptions<T>): Promise<EventStream>;
    /**
     * Answers this request with an event stream, and returns the stream.
     *
     * The stream is open until `close()`, `end()`, or the client leaves. It is in `ctx.body`, so the middleware around
     * it works as usual. Koa sends nothing before all middleware has returned: await nothing after this call.
     *
     * With a source, `ctx.sse(source)` returns a promise of the stream. With an event map as a type argument, as in
     * `ctx.sse<{ tick: Tick }>()`, only its events can be sent.
     *
     * @throws {SseError} `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`, `ERR_SSE_INVALID_OPTION`
     * @example
     * router.get("/clock", (ctx) => {
     *   const stream = ctx.sse(); // or ctx.sse(undefined, { heartbeat: 5_000 })
     *   const timer = setInterval(() => stream.send({ event: "tick", data: Date.now() }), 1000);
     *   stream.signal.addEventListener("abort", () => clearInterval(timer));
     * });
     */
    sse<Events = any>(source?: undefined, options?: EventStreamOptions): EventStream<Events>;
    /**
     * Answers this request with what a source yields, if there is one. **Await the result**: with a source it is a
     * promise of the stream, without one it is the stream itself.
     */
    sse(source: Source | undefined, options?: EventStreamOptions): EventStream | Promise<EventStream>;
  }
}

const HELD_BACK_MS = 1_000;

/**
 * Makes middleware for Koa 2 and 3 that adds `ctx.sse()`.
 *
 * @param given a server, or options. Given options, or nothing, the middleware makes a server of its own. Its streams
 *   share the server's options, heartbeat and shutdown.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 * @example
 * app.use(sse());
 * app.use(sse({ heartbeat: 15_000 }));
 * app.use(sse(events)); // an EventStreamServer, which can be closed at shutdown
 */
export function sse(given?: EventStreamServer | EventStreamOptions): Middleware {
  const server = serverOf(given, arguments.length);
  return function sseMiddleware(ctx, next) {
    Object.assign(ctx, {
      sse: (source?: Source, options?: EventStreamOptions) =>
        source === undefined ? openNow(server, ctx, options) : openWithSource(server, ctx, source, options),
    });
    return next();
  };
}

function openNow(server: EventStreamServer, ctx: KoaContext, options?: EventStreamOptions): EventStream {
  const failures: unknown[] = [];
  const exchange = new KoaExchange(
    ctx,
    (error) => failures.push(error),
    () => {},
  );
  const stream = openOn(exchange, server, undefined, options);
  if (failures.length > 0) throw failures[0];
  reportHeldBack(ctx, stream);
  return stream;
}

/** Koa sends nothing before all middleware has returned. A handler that awaits the end of its own stream never returns. */
function reportHeldBack(ctx: KoaContext, stream: EventStream): void {
  setTimeout(() => {
    if (ctx.headerSent || stream.signal.aborted) return;
    portOf(stream).report(
      new SseError(
        "ERR_SSE_NOT_SENT",
        "ctx.sse(): nothing was sent yet, because Koa waits until all middleware has returned. " +
          "Do not await anything after ctx.sse(): return, or pass a source",
      ),
    );
  }, HELD_BACK_MS).unref();
}

function openWithSource(
  server: EventStreamServer,
  ctx: KoaContext,
  source: Source,
  options?: EventStreamOptions,
): Promise<EventStream> {
  const opening = new Promise<EventStream>((resolve, reject) => {
    let decided!: () => void;
    const head = new Promise<void>((resolveHead) => (decided = resolveHead));
    const exchange = new KoaExchange(ctx, reject, decided);
    const stream = openOn(exchange, server, source, options);
    void stream.closed.then(decided); // the client may leave before the head
    void head.then(() => {
      reportHeldBack(ctx, stream);
      resolve(stream);
    });
  });
  opening.catch(() => {}); // onError reports the error, so an app that does not await needs no unhandled rejection
  return opening;
}
