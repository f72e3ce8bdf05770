import { PassThrough, Readable, Transform } from "node:stream";
import { constants } from "node:zlib";
import compress from "@fastify/compress";
import cookie from "@fastify/cookie";
import cors from "@fastify/cors";
import { pause, RawClient, recordSocketWrites, StreamReader, until, within } from "@ssekit/conformance";
import type { EventStream } from "@ssekit/fastify";
import type { FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import { ACCEPT, start } from "./support/start.js";

describe("hooks and plugins", () => {
  it("run once for a stream, in the usual order, and onSend gets a Readable", async () => {
    const calls: string[] = [];
    const { read } = await start((app) => {
      app.addHook("onRequest", async () => void calls.push("onRequest"));
      app.addHook("preHandler", async () => void calls.push("preHandler"));
      app.addHook("preSerialization", async () => void calls.push("preSerialization"));
      app.addHook("onSend", async (_request, reply, payload) => {
        calls.push(`onSend ${payload instanceof Readable} ${String(reply.getHeader("content-type"))}`);
      });
      app.addHook("onResponse", async () => void calls.push("onResponse"));
      app.addHook("onError", async () => void calls.push("onError"));
      app.get("/", (_request, reply) =>
        reply.sse(async function* () {
          yield "one";
          await pause(20);
          yield "two";
        }),
      );
    });
    expect(await (await read()).allData()).toEqual(["one", "two"]);
    await until("onResponse", () => calls.includes("onResponse"));
    expect(calls).toEqual(["onRequest", "preHandler", "onSend true text/event-stream", "onResponse"]);
  });

  it("onSend runs with the first item, and not before", async () => {
    let sent = 0;
    const { request } = await start((app) => {
      app.addHook("onSend", async () => void sent++);
      app.get("/", (_request, reply) =>
        reply.sse(async function* () {
          await pause(50);
          expect(sent).toBe(0);
          yield "one";
        }),
      );
    });
    await (await request()).text();
    expect(sent).toBe(1);
  });

  it("onRequestAbort runs for a client that leaves", async () => {
    let aborted = 0;
    const { read, events } = await start((app) => {
      app.addHook("onRequestAbort", async (_request) => void aborted++);
      app.get("/", (_request, reply) => void reply.sse());
    });
    const client = new AbortController();
    const reader = await read("/", { signal: client.signal });
    await until("the head", () => reader.retries.length === 1);
    client.abort();
    await until("the close", () => events.streams.size === 0);
    await until("onRequestAbort", () => aborted > 0);
    expect(aborted).toBe(1);
  });

  it("headers, cookies and CORS are on the response, also those of an onSend hook", async () => {
    const { request } = await start(async (app) => {
      await app.register(cookie);
      await app.register(cors, { origin: "https://app.example", credentials: true });
      app.addHook("onRequest", async (_request, reply) => void reply.header("x-request", "yes"));
      app.addHook("onSend", async (_request, reply) => void reply.header("x-send", "yes"));
      app.get("/", (_request, reply) => {
        reply.setCookie("seen", "1").setCookie("again", "2").header("cache-control", "private");
        reply.sse();
      });
    });
    const { headers, body, status } = await request("/", { headers: { origin: "https://app.example" } });
    expect(status).toBe(200);
    expect(headers.getSetCookie()).toEqual(["seen=1; SameSite=Lax", "again=2; SameSite=Lax"]);
    expect(Object.fromEntries(headers)).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-credentials": "true",
      "content-type": "text/event-stream",
      "cache-control": "private",
      "x-request": "yes",
      "x-send": "yes",
    });
    await body!.cancel();
  });

  it.each(["before", "after", "in an onSend hook"])(
    "a stream has status 200, although the app sets another status %s",
    async (when) => {
      const { request } = await start((app) => {
        if (when === "in an onSend hook") {
          app.addHook("onSend", async (_request, reply) => void reply.code(201));
        }
        app.get("/", (_request, reply) => {
          if (when === "before") reply.code(201);
          reply.sse();
          if (when === "after") reply.code(201);
        });
      });
      const response = await request();
      expect(response.status).toBe(200);
      await response.body!.cancel();
    },
  );

  it("an async onSend hook delays the head, and nothing is lost", async () => {
    const { read } = await start((app) => {
      app.addHook("onSend", async () => pause(50));
      app.get("/", (_request, reply) => {
        const stream = reply.sse();
        for (let i = 0; i < 100; i++) stream.send(String(i));
        setTimeout(() => (stream.send("last"), stream.end()), 10);
      });
    });
    expect(await (await read()).allData()).toEqual([
      ...Array.from({ length: 100 }, (_, i) => String(i)),
      "last",
    ]);
  });

  it("an onSend hook can replace the payload by a stream that it is piped through", async () => {
    const { request } = await start((app) => {
      app.addHook("onSend", async (_request, _reply, payload) =>
        (payload as Readable).pipe(
          new Transform({
            transform: (chunk: Buffer, _encoding, done) => done(null, String(chunk).toUpperCase()),
          }),
        ),
      );
      app.get("/", (_request, reply) => reply.sse(["one", "two"], { retry: false }));
    });
    expect(await (await request()).text()).toMatch(/^DATA: ONE\n\nDATA: TWO\n\n/);
  });

  it("HEAD gets the headers of the stream and no stream", async () => {
    const { url, events } = await start((app) => app.get("/", (_request, reply) => void reply.sse()));
    const response = await fetch(url, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    expect(response.headers.has("content-length")).toBe(false);
    expect(events.streams.size).toBe(0);
  });

  it("a body that was parsed before does not end the stream", async () => {
    const { read } = await start((app) =>
      app.post<{ Body: { prompt: string } }>("/", (request, reply) =>
        reply.sse(async function* () {
          await pause(50);
          yield request.body.prompt;
        }),
      ),
    );
    const reader = await read("/", {
      method: "POST",
      body: JSON.stringify({ prompt: "hello" }),
      headers: { "content-type": "application/json" },
    });
    expect(await reader.allData()).toEqual(["hello"]);
  });

  it("the not-found handler and a preHandler hook can open a stream", async () => {
    const { read } = await start((app) => {
      app.setNotFoundHandler((_request, reply) => reply.sse(["not found"]));
      app.addHook("preHandler", async (request, reply) => {
        if (request.url === "/hook") {
          reply.sse(["hook"]).catch(() => {});
          return reply;
        }
        return undefined;
      });
      app.get("/hook", () => "the handler");
    });
    expect(await (await read("/nowhere")).allData()).toEqual(["not found"]);
    expect(await (await read("/hook")).allData()).toEqual(["hook"]);
  });
});

describe("@fastify/compress", () => {
  const gzip = { ...ACCEPT, "accept-encoding": "gzip" };

  it("does not compress event streams by default", async () => {
    const { request } = await start(async (app) => {
      await app.register(compress, { threshold: 0 });
      app.get("/", (_request, reply) => reply.sse(["one"]));
    });
    const response = await request("/", { headers: gzip });
    expect(response.headers.has("content-encoding")).toBe(false);
    expect(await new StreamReader(response).allData()).toEqual(["one"]);
  });

  it("that is told to, and that flushes, sends each event at once", async () => {
    let stream: EventStream | undefined;
    const { request, reported } = await start(async (app) => {
      await app.register(compress, {
        customTypes: /event-stream/,
        encodings: ["gzip"],
        zlibOptions: { flush: constants.Z_SYNC_FLUSH },
      });
      app.get("/", (_request, reply) => void (stream = reply.sse()));
    });
    const response = await request("/", { headers: gzip });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const reader = new StreamReader(response);
    for (let i = 0; i < 5; i++) {
      stream!.send(`event ${i}`);
      await reader.untilData(`event ${i}`);
    }
    stream!.send("x".repeat(1 << 20));
    stream!.end();
    expect(await reader.allData()).toHaveLength(6);
    expect(reported).toEqual([]);
  });

  it("P14: the response of a source that fails breaks off after the events before the error", async () => {
    const { request, events } = await start(async (app) => {
      await app.register(compress, {
        customTypes: /event-stream/,
        encodings: ["gzip"],
        zlibOptions: { flush: constants.Z_SYNC_FLUSH },
      });
      app.get("/", (_request, reply) =>
        reply.sse(async function* () {
          yield "one";
          throw new Error("broken");
        }),
      );
    });
    const reader = new StreamReader(await request("/", { headers: gzip }));
    expect(await within("the end", reader.ended)).toBe(false);
    expect(reader.events.map(({ data }) => data)).toEqual(["one"]);
    await until("the close", () => events.streams.size === 0);
  });
});

describe("the socket of a stream", () => {
  const PIECE = "data: one\n\n";
  // In one piece: a response of Node's gives its socket several.
  const CHUNK = `b\r\n${PIECE}\r\n`;

  async function startRaw(build: (app: FastifyInstance) => unknown = () => {}, options = {}) {
    let stream: EventStream | undefined;
    let writes: readonly string[] = [];
    const { url } = await start(async (app) => {
      writes = recordSocketWrites(app.server);
      await build(app);
      app.get("/", (_request, reply) => void (stream = reply.sse()));
    }, options);
    const client = new RawClient(url).request("GET", "/", { "accept-encoding": "gzip" });
    await client.until("retry: 3000\n\n");
    stream!.send("one");
    return { client, writes };
  }

  it("is given whole chunks", async () => {
    const { client, writes } = await startRaw();
    await client.until(PIECE);
    expect(writes).toContain(CHUNK);
  });

  it("is given none with directWrites: false", async () => {
    const { client, writes } = await startRaw(undefined, { directWrites: false });
    await client.until(PIECE);
    expect(writes).not.toContain(CHUNK);
  });

  it("is given none when an onSend hook has put a stream in between", async () => {
    const { client, writes } = await startRaw((app) =>
      app.addHook("onSend", async (_request, _reply, payload) => {
        const twice = new Transform({
          transform: (chunk: Buffer, _encoding, done) => done(null, Buffer.concat([chunk, chunk])),
        });
        return (payload as Readable).pipe(new PassThrough()).pipe(twice);
      }),
    );
    await client.until(PIECE + PIECE);
    expect(writes).not.toContain(CHUNK);
  });
});
