import { createChannel, EventStreamServer, sse, type Channel, type EventStream } from "@ssekit/hono";
import type { EventStreamOptions, MessageSource } from "@ssekit/hono";
import { Hono } from "hono";

/** The part of the app that runs in workerd, and on Node as control. A scenario talks to it by HTTP only. */

/** What a route gets of a request. `key` is unique for each test. */
interface Call {
  readonly request: Request;
  readonly key: string;
  readonly query: URLSearchParams;
  /** Answers with an event stream, through Hono or `respond`. */
  open(source?: MessageSource, options?: EventStreamOptions): Promise<Response>;
}

/** `ctx` of a Worker. */
interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
  props: unknown;
}

// Made while the module loads, as most apps do it.
const events = new EventStreamServer({ heartbeat: 500 });

// What the requests of a test leave for its other requests.
const notes = new Map<string, string[]>();
const streams = new Map<string, EventStream>();
const servers = new Map<string, EventStreamServer>();
const channels = new Map<string, Channel>();
const sent = new Map<string, number>();

function note(key: string, text: string): void {
  notes.set(key, [...(notes.get(key) ?? []), text]);
}

function channelOf(key: string): Channel {
  let channel = channels.get(key);
  if (channel === undefined) channels.set(key, (channel = createChannel()));
  return channel;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const routes: Record<string, (call: Call) => Response | Promise<Response>> = {
  ticks: ({ open }) =>
    open(async function* () {
      for (let n = 0; n < 5; n++) {
        yield String(n);
        await pause(200);
      }
    }),

  turn: ({ open }) => open(["1", "2", "3", "4", "5"]),

  large: ({ open }) => open([{ data: "é".repeat(300_000) }]),

  resume: async ({ key, open }) => {
    const channel = channelOf(key);
    if (channel.size === 0 && !notes.has(key)) {
      note(key, "published");
      for (let n = 0; n < 10; n++) await channel.publish({ data: String(n) });
    }
    return open((stream) => channel.subscribe(stream, { from: "start" }));
  },

  // The log of a channel that has been published to and is ended.
  ended: async ({ key, open }) => {
    const channel = channelOf(key);
    if (!notes.has(key)) {
      note(key, "published");
      await channel.publish({ data: "all" });
      await channel.end();
    }
    return open((stream) => channel.subscribe(stream, { from: "start" }));
  },

  // An endless source, which is asked for items only when the client reads.
  endless: ({ key, open }) =>
    open(async function* () {
      for (const data = "x".repeat(16_000); ;) {
        sent.set(key, (sent.get(key) ?? 0) + data.length);
        yield data;
      }
    }),

  // A program that sends without asking whether the client reads.
  flood: ({ key, open }) =>
    open(
      async (stream) => {
        const data = "x".repeat(64_000);
        while (stream.send(data)) {
          sent.set(key, (sent.get(key) ?? 0) + data.length);
          if (stream.bufferedBytes > 300_000 + 2 * data.length) note(key, `held ${stream.bufferedBytes}`);
          await pause(1);
        }
      },
      { maxBufferedBytes: 300_000 },
    ),

  // A stream that is open until the client leaves.
  idle: ({ key, query, open }) =>
    open(
      (stream) => {
        note(key, "opened");
        streams.set(key, stream);
        stream.signal.addEventListener("abort", () => note(key, "aborted"));
      },
      query.has("heartbeat") ? { heartbeat: Number(query.get("heartbeat")) } : {},
    ),

  silent: ({ open }) => open(() => {}, { heartbeat: false }),

  source: ({ key, open }) =>
    open(async function* () {
      try {
        for (let n = 0; ; n++) {
          yield String(n);
          await pause(50);
        }
      } finally {
        note(key, "returned");
      }
    }),

  once: ({ key, open }) =>
    open(
      async function* () {
        note(key, "started");
        yield "answer";
      },
      { once: true },
    ),

  failsEarly: ({ open }) =>
    open(async () => {
      await pause(1);
      throw Object.assign(new Error("no such thing"), { status: 404 });
    }),

  failsLate: ({ open }) =>
    open(async function* () {
      yield "first";
      await pause(50);
      throw new Error("broken");
    }),

  failsInAllWays: ({ open }) =>
    open(
      async function* () {
        yield "first";
        await pause(50);
        throw new Error("source");
      },
      {
        onOpen: () => {
          throw new Error("onOpen");
        },
      },
    ),

  headers: ({ open }) => open(["x"], { headers: { "access-control-allow-origin": "https://app.example" } }),

  head: ({ key, open }) =>
    open(async function* () {
      note(key, "started");
      yield "x";
    }),

  // --- a stream of another request

  sendToOther: ({ key, query }) => {
    const stream = streams.get(key)!;
    return Response.json({ sent: stream.send(query.get("data")!) });
  },

  endOther: ({ key }) => {
    streams.get(key)!.end({ data: "bye" });
    return Response.json({});
  },

  subscribe: ({ key, open }) => open((stream) => channelOf(key).subscribe(stream)),

  publish: async ({ key, query }) => {
    const id = await channelOf(key).publish({ data: query.get("data") });
    return Response.json({ id, size: channelOf(key).size });
  },

  // --- a server of the test's own

  ownServer: ({ key, request }) => {
    let server = servers.get(key);
    if (server === undefined) servers.set(key, (server = new EventStreamServer({ maxStreams: 2 })));
    return server.respond(request, () => note(key, "opened"), {
      waitUntil: () => {},
    });
  },

  closeServer: async ({ key }) => {
    const server = servers.get(key)!;
    await server.close({ grace: 3_000, retry: [7_000, 7_000] });
    return Response.json({ open: server.streams.size });
  },

  // --- what the driver wants to know

  notes: ({ key }) => Response.json({ notes: notes.get(key) ?? [], sent: sent.get(key) ?? 0 }),
};

/** Options of every stream of a test: what happens to it is noted. */
function watched(key: string, options: EventStreamOptions = {}): EventStreamOptions {
  return {
    onError: (error) => note(key, `error ${(error as { code?: string }).code ?? (error as Error).message}`),
    onClose: (_stream, reason) => note(key, `closed ${reason}`),
    ...options,
  };
}

function call(name: string, request: Request, open: Call["open"]): Response | Promise<Response> {
  const query = new URL(request.url).searchParams;
  return routes[name]!({ request, key: query.get("key")!, query, open });
}

const hono = new Hono()
  .use(sse(events))
  .all("/hono/:name", (c) => {
    const key = c.req.query("key")!;
    return call(c.req.param("name"), c.req.raw, (source, options) =>
      c.var.sse(source, watched(key, options)),
    );
  })
  .onError((error, c) => c.text(error.message, ((error as { status?: number }).status ?? 500) as 500));

async function respond(request: Request, ctx: ExecutionContext | undefined): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const key = searchParams.get("key")!;
  const forgets = searchParams.has("forget");
  const waitUntil = (closed: Promise<unknown>): void => ctx?.waitUntil(closed);
  try {
    return await call(pathname.slice("/respond/".length), request, (source, options) =>
      events.respond(request, source, { ...watched(key, options), ...(!forgets && { waitUntil }) }),
    );
  } catch (error) {
    const { status = 500, message } = error as Error & { status?: number };
    return new Response(message, { status });
  }
}

export default {
  async fetch(request: Request, env: unknown, ctx?: ExecutionContext): Promise<Response> {
    if (new URL(request.url).pathname.startsWith("/respond/")) return respond(request, ctx);
    return hono.fetch(request, env, ctx);
  },
};
