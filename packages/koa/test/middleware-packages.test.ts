import { createServer } from "node:http";
import { expectAtOnce, listen, pause, StreamReader, until, within } from "@ssekit/conformance";
import { EventStreamServer, sse, type CloseReason, type EventStream } from "@ssekit/koa";
import cors from "@koa/cors";
import Koa, { type Middleware } from "koa";
import Koa2 from "koa2";
import bodyParser from "koa-bodyparser";
import compress from "koa-compress";
import conditional from "koa-conditional-get";
import etag from "koa-etag";
import helmet from "koa-helmet";
import session from "koa-session";
import { describe, expect, it, onTestFinished } from "vitest";

const EVENTS = { accept: "text/event-stream" };

describe.each([
  ["Koa 3", Koa],
  ["Koa 2", Koa2],
])("a stream of %s behind", (_name, create) => {
  /** Starts an app whose only handler opens a stream, behind these middleware functions. */
  async function start(makeChain: (app: Koa) => Middleware[], maxStreams?: number) {
    const closeReasons: CloseReason[] = [];
    const appErrors: unknown[] = [];
    const events = new EventStreamServer({
      ...(maxStreams !== undefined && { maxStreams }),
      onClose: (_stream, reason) => void closeReasons.push(reason),
    });
    const streams: EventStream[] = [];
    const app = new create();
    app.keys = ["secret"];
    app.on("error", (error) => appErrors.push(error));
    for (const middleware of makeChain(app)) app.use(middleware);
    app.use(sse(events)).use((ctx) => void streams.push(ctx.sse()));
    const { url, cut, close } = await listen(createServer(app.callback()));
    onTestFinished(() => (cut(), close()));
    onTestFinished(() => expect(appErrors).toEqual([]));
    const get = (headers: Record<string, string> = {}, init: RequestInit = {}) =>
      within("the head", fetch(url, { headers: { ...EVENTS, ...headers }, ...init }));
    return { get, streams, closeReasons };
  }

  it("@koa/cors has its headers, and so have the 204 of a finished stream and a refusal", async () => {
    const chain = () => [cors({ origin: "https://page.example", credentials: true })];
    const origin = "https://page.example";
    const open = await start(chain);
    const opened = await open.get({ origin });
    await expectAtOnce(opened, open.streams[0]!);
    const finished = await open.get({ origin, "last-event-id": "~end" });
    const refused = await (await start(chain, 0)).get({ origin });
    expect([opened.status, finished.status, refused.status]).toEqual([200, 204, 200]);
    for (const { headers } of [opened, finished, refused]) {
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-credentials")).toBe("true");
      expect(headers.get("vary")).toBe("Origin");
    }
  });

  it("koa-helmet has its headers", async () => {
    const { get, streams } = await start(() => [helmet()]);
    const response = await get();
    expect(response.headers.get("content-security-policy")).toContain("default-src");
    await expectAtOnce(response, streams[0]!);
  });

  it("koa-bodyparser gets the parsed body", async () => {
    const bodies: unknown[] = [];
    const { get, streams } = await start(() => [
      bodyParser() as Middleware,
      (ctx, next) => {
        bodies.push((ctx.request as { body?: unknown }).body);
        return next();
      },
    ]);
    const headers = { ...EVENTS, "content-type": "application/json" };
    const response = await get({}, { method: "POST", body: '{"prompt":"hello"}', headers });
    await expectAtOnce(response, streams[0]!);
    expect(bodies).toEqual([{ prompt: "hello" }]);
  });

  it("koa-compress that does not flush is held back until it ends, if its Cache-Control allows compression", async () => {
    const { get, streams } = await start(() => [
      compress({ threshold: 0, br: false }) as Middleware,
      (ctx, next) => {
        ctx.set("cache-control", "no-cache");
        return next();
      },
    ]);
    const response = await get({ "accept-encoding": "gzip" });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const reader = new StreamReader(response);
    streams[0]!.send("held back");
    await pause(300);
    expect(reader.text).toBe("");
    streams[0]!.end();
    expect(await reader.allData()).toEqual(["held back"]);
  });

  it("koa-session has the cookie of what the handlers changed, while it is still open", async () => {
    const { get, streams } = await start((app) => [
      session(app) as Middleware,
      (ctx, next) => {
        (ctx as unknown as { session: Record<string, unknown> }).session["lastSeen"] = "now";
        return next();
      },
    ]);
    const response = await get();
    expect(response.headers.get("set-cookie")).toContain("koa.sess=");
    const reader = await expectAtOnce(response, streams[0]!);
    streams[0]!.end();
    expect(await within("the end", reader.ended)).toBe(true);
  });

  it("koa-etag and koa-conditional-get has no etag, and is not answered with 304", async () => {
    const { get, streams } = await start(() => [conditional() as Middleware, etag() as Middleware]);
    const response = await get({ "if-none-match": "*" });
    expect(response.headers.has("etag")).toBe(false);
    await expectAtOnce(response, streams[0]!);
  });

  it.each(["ends", "loses its client"])("hooks of the response calls them when it %s", async (how) => {
    const calls: string[] = [];
    const { get, streams, closeReasons } = await start(() => [
      (ctx, next) => {
        ctx.res.on("finish", () => calls.push("finish"));
        ctx.res.on("close", () => calls.push("close"));
        return next();
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
});
