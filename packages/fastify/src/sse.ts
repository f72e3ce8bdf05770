import type { FastifyInstance } from "fastify";
import {
  SseError,
  type DrainOptions,
  type EventStream,
  type EventStreamOptions,
  type EventStreamServer,
  type ItemOptions,
  type MessageSource,
  type Source,
} from "@ssekit/node";
import { checkOptions, DRAIN_CHECKS, invalidOption, openOn, SERVER, serverOf } from "@ssekit/node/adapter";
import { FastifyExchange, type Reply } from "./fastify-exchange.js";
import { Opening } from "./opening.js";

declare module "fastify" {
  interface FastifyReply {
    /**
     * Answers this request with what a source yields, and returns a promise of the stream.
     *
     * The promise resolves when the head is decided: at the first item, after `headTimeout`, or at once if a function
     * as source returns nothing. It rejects with an error that comes before. A handler can await it or return it. If
     * nobody awaits it, the error goes to Fastify's error handler.
     *
     * Without a source (`reply.sse()` and `reply.sse(undefined, options)`) the stream itself is returned, and no
     * promise. A call whose source may be `undefined` returns either of the two: await it.
     *
     * @param source what to send: an iterable, an async iterable, a `ReadableStream`, or a function of the stream.
     * @throws {SseError} as a rejection: `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`, `ERR_SSE_INVALID_SOURCE`,
     *   `ERR_SSE_INVALID_OPTION`
     * @example
     * app.get("/answer", (request, reply) =>
     *   reply.sse(async function* ({ signal }) {
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
     * @example
     * app.get("/orders", (request, reply) =>
     *   reply.sse(orders, { toMessage: (order) => ({ event: "order", id: order.id, data: order }) }),
     * );
     */
    sse<T>(source: Source<T>, options: ItemOptions<T>): Promise<EventStream>;
    /**
     * Answers this request with an event stream, and returns the stream.
     *
     * The stream is open until `close()`, `end()`, or the client leaves. Its payload is sent at the end of this turn,
     * through the `onSend` hooks. The handler may be async, and may return the stream, `reply` or nothing.
     *
     * With a source, `reply.sse(source)` returns a promise of the stream. With an event map as a type argument, as in
     * `reply.sse<{ tick: Tick }>()`, only its events can be sent.
     *
     * @throws {SseError} `ERR_SSE_ALREADY_OPEN`, `ERR_SSE_HEADERS_SENT`, `ERR_SSE_INVALID_OPTION`
     * @example
     * app.get("/clock", (request, reply) => {
     *   const stream = reply.sse(); // or reply.sse(undefined, { heartbeat: 5_000 })
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

/** Options of the plugin: a server, or the options of the server that the plugin makes. */
export interface SsePluginOptions extends EventStreamOptions {
  /**
   * The server whose options, heartbeat and shutdown the streams share. With it no other option of a stream may be
   * given, because the server has its own.
   *
   * @default a server of this plugin's own
   */
  server?: EventStreamServer | undefined;
  /**
   * How `app.close()` closes the streams. It rejects if that takes longer than Fastify's `pluginTimeout` (10 s by
   * default), so `grace` must be shorter.
   *
   * @default { grace: 5_000 }
   */
  close?: DrainOptions | undefined;
}

const GRACE = 5_000;

// The server of a Fastify instance. A registered symbol, because two copies of this package must see the same property.
const INSTANCE_SERVER = Symbol.for("ssekit.fastify/1");

type Instance = FastifyInstance & { [INSTANCE_SERVER]?: EventStreamServer };

/**
 * The Fastify plugin that adds `reply.sse()`, and that closes the streams when the app closes.
 *
 * It is for the instance on which it is registered and all instances inside of that. An inner instance may register it
 * again, with options of its own.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`, as a rejection
 * @example
 * await app.register(sse);
 * await app.register(sse, { heartbeat: 5_000 });
 * await app.register(sse, { server: events }); // an EventStreamServer
 */
export function sse(app: FastifyInstance, options: SsePluginOptions): Promise<void> {
  if (typeof (app as Partial<FastifyInstance> | undefined)?.decorateReply !== "function") {
    throw invalidOption("sse", "a Fastify instance, as in app.register(sse, options)", app);
  }
  return register(app, options);
}

async function register(app: Instance, options: SsePluginOptions): Promise<void> {
  if (Object.hasOwn(app, INSTANCE_SERVER)) {
    throw new SseError(
      "ERR_SSE_INVALID_OPTION",
      "sse: this Fastify instance has the plugin already; register it once, or again on an inner instance",
    );
  }
  const { server, drain } = readOptions(options);
  // An instance inside of another has the decorator of that one.
  if (app[INSTANCE_SERVER] === undefined) {
    app.decorateReply("sse", function (this: unknown, source?: Source, streamOptions?: EventStreamOptions) {
      const reply = this as Reply & { readonly server: Instance };
      const owner = reply.server[INSTANCE_SERVER]!;
      return source === undefined
        ? openNow(owner, reply, streamOptions)
        : openWithSource(owner, reply, source, streamOptions);
    } as never);
  }
  Object.defineProperty(app, INSTANCE_SERVER, { value: server });
  // Before Fastify waits for its connections, which an open stream would keep for ever.
  app.addHook("preClose", () => server.close(drain));
}

// As fastify-plugin does it: the plugin is for the instance that registers it, and not for one inside of that.
Object.assign(sse, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "@ssekit/fastify",
  [Symbol.for("plugin-meta")]: { name: "@ssekit/fastify", fastify: ">=5" },
});

// Fastify passes them on to the plugin.
const OPTIONS_OF_REGISTER = new Set(["prefix", "logLevel", "logSerializers"]);

function readOptions(given: SsePluginOptions): { server: EventStreamServer; drain: DrainOptions } {
  if (SERVER[1](given)) throw invalidOption("sse", "options such as { server }", given);
  const { server, close, ...others } = given;
  const own = Object.fromEntries(Object.entries(others).filter(([name]) => !OPTIONS_OF_REGISTER.has(name)));
  if (close !== undefined) checkOptions("sse: close", close, DRAIN_CHECKS);
  const drain = { grace: GRACE, ...close };
  if (server === undefined) return { server: serverOf(own, 1), drain };
  if (!SERVER[1](server)) throw invalidOption("sse: server", SERVER[0], server);
  const [name] = Object.keys(own);
  if (name === undefined) return { server, drain };
  throw new SseError(
    "ERR_SSE_INVALID_OPTION",
    `sse: ${name}: no such option beside server; it is one of the EventStreamServer`,
  );
}

function openNow(server: EventStreamServer, reply: Reply, options?: EventStreamOptions): EventStream {
  const failures: unknown[] = [];
  const exchange = new FastifyExchange(
    reply,
    (error) => failures.push(error),
    () => {},
  );
  const stream = openOn(exchange, server, undefined, options);
  exchange.stream = stream;
  if (failures.length > 0) throw failures[0];
  return stream;
}

function openWithSource(
  server: EventStreamServer,
  reply: Reply,
  source: Source,
  options?: EventStreamOptions,
): Opening {
  const opening: Opening = new Opening((resolve, reject) => {
    let decided!: () => void;
    const head = new Promise<void>((resolveHead) => (decided = resolveHead));
    const fail = (error: unknown): void => {
      reject(error);
      // Not at once, because the handler may await the promise later in this turn.
      setImmediate(() => {
        if (opening.isAwaited && !exchange.isHandlerDone) return;
        if (!reply.raw.headersSent && !exchange.isAnswered) reply.send(error);
      });
    };
    const exchange = new FastifyExchange(reply, fail, decided);
    try {
      const stream = openOn(exchange, server, source, options);
      exchange.stream = stream;
      void stream.closed.then(decided); // the client may leave before the head
      void head.then(() => resolve(stream));
    } catch (error) {
      fail(error);
    }
  });
  opening.ignoreRejection(); // an error that nobody awaits goes to Fastify
  return opening;
}
