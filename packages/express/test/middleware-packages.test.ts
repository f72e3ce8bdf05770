import { createServer } from "node:http";
import { promisify } from "node:util";
import { expectAtOnce, listen, recordSocketWrites, StreamReader, until, within } from "@ssekit/conformance";
import { EventStreamServer, sse, type CloseReason, type EventStream, type Source } from "@ssekit/express";
import compression from "compression";
import cookieParser from "cookie-parser";
import cors from "cors";
import express, { type RequestHandler } from "express";
import { rateLimit } from "express-rate-limit";
import session, { MemoryStore } from "express-session";
import express4 from "express4";
import helmet from "helmet";
import morgan from "morgan";
import { describe, expect, it, onTestFinished } from "vitest";

declare module "express-session" {
  interface SessionData {
    lastSeen: string;
  }
}

const EVENTS = { accept: "text/event-stream" };
const SESSION = { secret: "secret", resave: false, saveUninitialized: false };

describe.each([
  ["Express 5", express],
  ["Express 4", express4],
])("a stream of %s behind", (_name, create) => {
  /** Starts an app with a stream at `/`, behind `sse()` and these handlers. */
  async function start(handlers: RequestHandler[], source?: Source, maxStreams?: number) {
    const closeReasons: CloseReason[] = [];
    const events = new EventStreamServer({
      ...(maxStreams !== undefined && { maxStreams }),
      onClose: (_stream, reason) => void closeReasons.push(reason),
      onError: () => {},
    });
    const streams: EventStream[] = [];
    const app = create();
    app.use(sse(events));
    for (const handler of handlers) app.use(handler);
    app.all("/", (_req, res) => void streams.push(res.sse(source)));
    const server = createServer(app);
    const writes = recordSocketWrites(server);
    const { url, cut, close } = await listen(server);
    onTestFinished(() => (cut(), close()));
    const get = (headers: Record<string, string> = {}, init: RequestInit = {}) =>
      within("the head", fetch(url, { headers: { ...EVENTS, ...headers }, ...init }));
    return { get, streams, writes, closeReasons };
  }

  it("helmet has its headers", async () => {
    const { get, streams } = await start([helmet()]);
    const response = await get();
    expect(response.headers.get("content-security-policy")).toContain("default-src");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    await expectAtOnce(response, streams[0]!);
  });

  it("cors has its headers, and so have the 204 of a finished stream and a refusal", async () => {
    const handler = cors({ origin: "https://page.example", credentials: true });
    const origin = "https://page.example";
    const open = await start([handler]);
    const opened = await open.get({ origin });
    await expectAtOnce(opened, open.streams[0]!);
    const finished = await open.get({ origin, "last-event-id": "~end" });
    const refused = await (await start([handler], undefined, 0)).get({ origin });
    expect([opened.status, finished.status, refused.status]).toEqual([200, 204, 200]);
    for (const { headers } of [opened, finished, refused]) {
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-credentials")).toBe("true");
      expect(headers.get("vary")).toBe("Origin");
    }
  });

  it("cookie-parser reads cookies, and cookies that the app sets are on the stream", async () => {
    const names: unknown[] = [];
    const { get, streams } = await start([
      cookieParser(),
      (req, res, next) => {
        names.push(req.cookies.name);
        res.cookie("seen", "1");
        next();
      },
    ]);
    const response = await get({ cookie: "name=Ada" });
    expect(names).toEqual(["Ada"]);
    expect(response.headers.get("set-cookie")).toContain("seen=1");
    await expectAtOnce(response, streams[0]!);
  });

  describe("express-session", () => {
    const change: RequestHandler = (req, _res, next) => {
      req.session.lastSeen = "now";
      next();
    };
    const lastSeen = async (store: MemoryStore): Promise<(string | undefined)[]> => {
      const sessions = await promisify(store.all.bind(store))();
      return Object.values(sessions ?? {}).map((each) => each.lastSeen);
    };

    it("gets the cookie of a new session, and the session is saved when the stream ends", async () => {
      const store = new MemoryStore();
      const { get, streams } = await start([session({ ...SESSION, store }), change]);
      const response = await get();
      expect(response.headers.get("set-cookie")).toContain("connect.sid=");
      const reader = await expectAtOnce(response, streams[0]!);
      expect(await lastSeen(store)).toEqual([]);
      streams[0]!.end();
      expect(await within("the end", reader.ended)).toBe(true);
      expect(await lastSeen(store)).toEqual(["now"]);
    });

    it("loses the changes if the client leaves, unless the app has saved the session", async () => {
      const save: RequestHandler = (req, _res, next) => req.session.save(next);
      for (const [handlers, expected] of [
        [[], []],
        [[save], ["now"]],
      ] as const) {
        const store = new MemoryStore();
        const { get, streams } = await start([session({ ...SESSION, store }), change, ...handlers]);
        const client = new AbortController();
        const response = await get({}, { signal: client.signal });
        await expectAtOnce(response, streams[0]!);
        client.abort();
        expect(await within("closed", streams[0]!.closed)).toBe("client");
        expect(await lastSeen(store)).toEqual(expected);
      }
    });

    it("P14: is broken off, and not ended, if its source fails", async () => {
      async function* source(): AsyncGenerator<string> {
        yield "one";
        throw new Error("broken");
      }
      const { get } = await start([session(SESSION), change], source);
      const reader = new StreamReader(await get());
      expect(await within("the end", reader.ended)).toBe(false);
      expect(reader.events.map(({ data }) => data)).toEqual(["one"]);
    });
  });

  it.each(["ends", "loses its client"])("morgan is logged when it %s, with both times", async (how) => {
    const lines: string[] = [];
    const { get, streams } = await start([
      morgan(":status :response-time :total-time", { stream: { write: (line) => void lines.push(line) } }),
    ]);
    const client = new AbortController();
    const sent = performance.now();
    const response = await get({}, { signal: client.signal });
    const headAfter = performance.now() - sent;
    await expectAtOnce(response, streams[0]!);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(lines).toEqual([]);
    if (how === "ends") streams[0]!.end();
    else client.abort();
    await until("the line", () => lines.length === 1);
    const [status, responseTime, totalTime] = lines[0]!.trim().split(" ").map(Number);
    expect(status).toBe(200);
    expect(responseTime).toBeLessThanOrEqual(headAfter);
    expect(totalTime).toBeGreaterThanOrEqual(99);
  });

  it.each(["ends", "loses its client"])("hooks of the response calls them when it %s", async (how) => {
    const calls: string[] = [];
    const { get, streams, closeReasons } = await start([
      (_req, res, next) => {
        res.on("finish", () => calls.push("finish"));
        res.on("close", () => calls.push("close"));
        next();
      },
    ]);
    const client = new AbortController();
    await expectAtOnce(await get({}, { signal: client.signal }), streams[0]!);
    if (how === "ends") streams[0]!.end();
    else client.abort();
    await until("close", () => calls.includes("close"));
    expect(calls).toEqual(how === "ends" ? ["finish", "close"] : ["close"]);
    expect(closeReasons).toEqual([how === "ends" ? "ended" : "client"]);
  });

  it("express-rate-limit is counted; its 429 can be a stream that closes at once and says when to come back", async () => {
    const { get, streams } = await start([
      rateLimit({
        limit: 1,
        handler: (req, res) => {
          if (req.headers.accept === "*/*") res.sendStatus(429);
          else res.sse().close({ retry: 30_000 });
        },
      }),
    ]);
    const response = await get();
    expect(response.headers.get("x-ratelimit-remaining")).toBe("0");
    await expectAtOnce(response, streams[0]!);
    const limited = await get();
    expect(limited.status).toBe(200);
    const reader = new StreamReader(limited);
    expect(await reader.all()).toEqual([]);
    expect(reader.retries.at(-1)).toBe(30_000);
    expect((await get({ accept: "*/*" })).status).toBe(429);
  });

  it("Express' own etag has none, and is not answered with 304", async () => {
    const { get, streams } = await start([]);
    const response = await get({ "if-none-match": "*" });
    expect(response.headers.has("etag")).toBe(false);
    await expectAtOnce(response, streams[0]!);
  });

  it("body parsers gets the parsed body", async () => {
    const bodies: unknown[] = [];
    const { get, streams } = await start([
      express.json(),
      express.urlencoded(),
      (req, _res, next) => {
        bodies.push(req.body);
        next();
      },
    ]);
    for (const [type, body] of [
      ["application/json", '{"prompt":"hello"}'],
      ["application/x-www-form-urlencoded", "prompt=hello"],
    ] as const) {
      const response = await get({}, { method: "POST", body, headers: { ...EVENTS, "content-type": type } });
      await expectAtOnce(response, streams.at(-1)!);
    }
    expect(bodies).toEqual([{ prompt: "hello" }, { prompt: "hello" }]);
  });

  it("all of them is written to the socket directly, unless compression replaces res.write", async () => {
    const all = [
      helmet(),
      cors(),
      cookieParser(),
      session(SESSION),
      morgan("tiny", { stream: { write() {} } }),
      express.json(),
      rateLimit(),
    ];
    for (const [handlers, isDirect] of [
      [all, true],
      [[compression(), ...all], false],
    ] as const) {
      const { get, streams, writes } = await start([...handlers]);
      const reader = new StreamReader(await get());
      await until("the first block", () => reader.retries.length > 0);
      writes.length = 0;
      streams[0]!.send("hello");
      await reader.untilData("hello");
      expect(writes.includes("d\r\ndata: hello\n\n\r\n")).toBe(isDirect);
    }
  });
});
