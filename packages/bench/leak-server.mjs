// @ts-check
// An Express and a Hono app with every kind of stream. This process counts the objects that are still alive in it.
import { EventEmitter, once } from "node:events";
import { createServer, IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { queryObjects } from "node:v8";
import { createAdaptorServer } from "@hono/node-server";
import { EventStreamServer, sse } from "@ssekit/express";
import { sse as honoSse } from "@ssekit/hono";
import express from "express";
import { Hono } from "hono";
import { serve } from "./rpc.mjs";

const errors = /** @type {unknown[]} */ ([]);
const events = new EventStreamServer({ onError: (error) => void errors.push(error) });
const news = new EventEmitter().setMaxListeners(0);
const requests = /** @type {Record<string, number>} */ ({});
const sources = { started: 0, finished: 0 };
/** @type {Function | undefined} */
let streamClass;
/** @type {Function | undefined} */
let connectionClass;

const app = express();
app.use(sse(events));
app.use((req, _res, next) => {
  requests[req.path] = (requests[req.path] ?? 0) + 1;
  next();
});

app.all("/idle", (_req, res) => {
  const stream = res.sse();
  streamClass ??= stream.constructor;
  // The connection behind the stream, which an app cannot reach.
  connectionClass ??= /** @type {any} */ (stream)[Symbol.for("ssekit.stream/1")]().constructor;
  // The stream listens to an emitter that lives longer than the stream.
  const listener = () => void stream.send("news");
  news.on("news", listener);
  void stream.closed.then(() => news.off("news", listener));
});

app.get("/interval", (_req, res) => {
  const stream = res.sse();
  const timer = setInterval(() => stream.send({ event: "tick", data: { now: Date.now() } }), 2);
  stream.signal.addEventListener("abort", () => clearInterval(timer));
});

app.get("/yielding", (_req, res) => {
  res.sse(async function* () {
    sources.started++;
    try {
      for (;;) {
        yield { data: "x".repeat(500) };
        await wait(1);
      }
    } finally {
      sources.finished++;
    }
  });
});

// This source waits for its first item until its signal aborts.
app.get("/waiting", (_req, res) => {
  res.sse(async function* ({ signal }) {
    sources.started++;
    try {
      if (!signal.aborted) await once(signal, "abort");
      yield "too late";
    } finally {
      sources.finished++;
    }
  });
});

// This source waits for ever, and ignores its signal.
app.get("/deaf", (_req, res) => {
  res.sse(async function* () {
    await new Promise(() => {});
    yield "never";
  });
});

app.get("/readable", (_req, res) => {
  sources.started++;
  const source = new ReadableStream({
    async pull(controller) {
      await wait(1);
      controller.enqueue({ data: "chunk" });
    },
    cancel() {
      sources.finished++;
    },
  });
  res.sse(source);
});

// This source is faster than any client.
app.get("/flood", (_req, res) => {
  res.sse(function* () {
    sources.started++;
    try {
      for (;;) yield "x".repeat(16 * 1024);
    } finally {
      sources.finished++;
    }
  });
});

// This stream opens when most of its clients have already left.
app.get("/late", async (_req, res) => {
  await wait(5);
  res.sse();
});

// This source starts before it is known whether a stream opens. The clients come back to a finished stream.
app.get("/finished", (_req, res) => {
  sources.started++;
  const cancel = () => void sources.finished++;
  res.sse(new ReadableStream({ pull: () => new Promise(() => {}), cancel }, { highWaterMark: 0 }));
});

const hono = new Hono();
hono.use(honoSse(events));
hono.use((c, next) => {
  requests[`hono ${c.req.path}`] = (requests[`hono ${c.req.path}`] ?? 0) + 1;
  return next();
});
hono.all("/idle", (c) => c.var.sse(() => {}));
hono.get("/late", async (c) => {
  await wait(5);
  return c.var.sse(() => {});
});
const honoServer = createAdaptorServer({ fetch: hono.fetch }).listen(0, "127.0.0.1");
await once(honoServer, "listening");

const server = createServer(app).listen(0, "127.0.0.1");
await once(server, "listening");
setInterval(() => news.emit("news"), 5);

/** @param {EventEmitter} emitter */
function listeners(emitter) {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

/** @param {Function | undefined} constructor */
function alive(constructor) {
  return constructor === undefined ? 0 : queryObjects(constructor, { format: "count" });
}

const timer = setTimeout(() => {}, 0);
const Timeout = /** @type {Function} */ (timer.constructor);

/** @param {import("node:net").Server} listening */
function portOf(listening) {
  return /** @type {import("node:net").AddressInfo} */ (listening.address()).port;
}

/** @param {import("node:net").Server} listening @returns {Promise<number>} */
function connectionsOf(listening) {
  return new Promise((resolve) => listening.getConnections((_error, count) => resolve(count)));
}

const servers = /** @type {const} */ ([server, /** @type {import("node:net").Server} */ (honoServer)]);

serve({
  ports: () => ({ express: portOf(server), hono: portOf(servers[1]) }),

  async connections() {
    const counts = await Promise.all(servers.map(connectionsOf));
    return counts.reduce((sum, count) => sum + count, 0);
  },

  /** Counts the live objects when the process is at rest. */
  async census() {
    // Waits longer than the second for which Node keeps the timer of its Date header.
    for (let i = 0; i < 12; i++) {
      globalThis.gc?.();
      await wait(100);
    }
    return {
      heapUsed: process.memoryUsage().heapUsed,
      left: {
        "open streams": events.streams.size,
        streams: alive(streamClass),
        connections: alive(connectionClass),
        requests: alive(IncomingMessage),
        responses: alive(ServerResponse),
        sockets: alive(Socket),
        signals: alive(AbortSignal),
        // Includes the timer of the heartbeat scheduler, which exists only while a stream is on its wheel.
        timers: alive(Timeout),
        "listeners of the app's emitter": listeners(news),
        "listeners of the server": listeners(server),
        "listeners of the Hono server": listeners(honoServer),
        "listeners of the app": listeners(app),
        "listeners of the process": listeners(process),
      },
      requests,
      sources,
      errors: errors.slice(0, 3).map(String),
    };
  },
});
