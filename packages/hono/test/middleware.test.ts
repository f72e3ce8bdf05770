import { createAdaptorServer } from "@hono/node-server";
import { expectAtOnce, listen, pause, StreamReader, until, within } from "@ssekit/conformance";
import { EventStreamServer, sse, type EventStream } from "@ssekit/hono";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { except } from "hono/combine";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { csrf } from "hono/csrf";
import { etag } from "hono/etag";
import { logger } from "hono/logger";
import { secureHeaders } from "hono/secure-headers";
import { timeout } from "hono/timeout";
import { timing } from "hono/timing";
import { describe, expect, it, onTestFinished } from "vitest";

const EVENTS = { accept: "text/event-stream" };

describe("a stream of Hono behind", () => {
  /** Starts an app with a stream at `/events/feed`, behind these middleware functions and `sse()`. */
  async function start(
    chain: MiddlewareHandler[],
    { maxStreams, cacheControl }: { maxStreams?: number; cacheControl?: string } = {},
  ) {
    const events = new EventStreamServer(maxStreams === undefined ? {} : { maxStreams });
    const streams: EventStream[] = [];
    const app = new Hono();
    for (const middleware of chain) app.use(middleware);
    app.use(sse(events));
    app.all("/events/feed", (c) => {
      if (cacheControl !== undefined) c.header("cache-control", cacheControl);
      return c.var.sse((stream) => void streams.push(stream));
    });
    app.get("/page", (c) => c.text("page"));
    const { url, cut, close } = await listen(createAdaptorServer({ fetch: app.fetch }));
    onTestFinished(() => (cut(), close()));
    const get = (headers: Record<string, string> = {}, init: RequestInit = {}) =>
      within("the head", fetch(`${url}/events/feed`, { headers: { ...EVENTS, ...headers }, ...init }));
    return { url, get, streams };
  }

  it("hono/compress is not compressed", async () => {
    const { get, streams } = await start([compress({ threshold: 0 })]);
    const response = await get({ "accept-encoding": "gzip" });
    expect(response.headers.has("content-encoding")).toBe(false);
    await expectAtOnce(response, streams[0]!);
  });

  it("hono/compress is not compressed even if its Cache-Control allows that, because of its type", async () => {
    const { get, streams } = await start([compress({ threshold: 0 })], { cacheControl: "no-cache" });
    const response = await get({ "accept-encoding": "gzip" });
    expect(response.headers.has("content-encoding")).toBe(false);
    await expectAtOnce(response, streams[0]!);
  });

  it("hono/compress that is made to compress it is held back until it ends", async () => {
    const chain = [compress({ threshold: 0, contentTypeFilter: () => true })];
    const { get, streams } = await start(chain, { cacheControl: "no-cache" });
    const response = await get({ "accept-encoding": "gzip" });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const reader = new StreamReader(response);
    streams[0]!.send("held back");
    await pause(300);
    expect(reader.text).toBe("");
    streams[0]!.end();
    expect(await reader.allData()).toEqual(["held back"]);
  });

  it("hono/etag has no response until it ends, so exclude streams", async () => {
    const { get, streams } = await start([etag()]);
    let hasHead = false;
    const responding = get().then((response) => ((hasHead = true), response));
    await until("the stream", () => streams.length > 0);
    streams[0]!.send("held back");
    await pause(300);
    expect(hasHead).toBe(false);
    streams[0]!.end();
    expect(await new StreamReader(await responding).allData()).toEqual(["held back"]);
  });

  it("hono/etag that excludes it works, and other responses have an ETag", async () => {
    const { url, get, streams } = await start([except("/events/*", etag())]);
    const response = await get({ "if-none-match": "*" });
    expect(response.headers.has("etag")).toBe(false);
    await expectAtOnce(response, streams[0]!);
    expect((await fetch(`${url}/page`)).headers.has("etag")).toBe(true);
  });

  it("hono/cors has its headers, and so have the 204 of a finished stream and a refusal", async () => {
    const chain = [cors({ origin: "https://page.example", credentials: true })];
    const origin = "https://page.example";
    const open = await start(chain);
    const opened = await open.get({ origin });
    await expectAtOnce(opened, open.streams[0]!);
    const finished = await open.get({ origin, "last-event-id": "~end" });
    const refused = await (await start(chain, { maxStreams: 0 })).get({ origin });
    expect([opened.status, finished.status, refused.status]).toEqual([200, 204, 200]);
    for (const { headers } of [opened, finished, refused]) {
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-credentials")).toBe("true");
    }
  });

  it("hono/secure-headers and hono/timing has their headers", async () => {
    const { get, streams } = await start([secureHeaders(), timing()]);
    const response = await get();
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("server-timing")).toContain("total");
    await expectAtOnce(response, streams[0]!);
  });

  it("hono/timeout may stay open longer than that", async () => {
    const { get, streams } = await start([timeout(100)]);
    const response = await get();
    await pause(300);
    await expectAtOnce(response, streams[0]!);
  });

  it("hono/logger is logged when it opens, and not again when it ends", async () => {
    const lines: string[] = [];
    const { get, streams } = await start([logger((line) => void lines.push(line))]);
    const reader = await expectAtOnce(await get(), streams[0]!);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain("200");
    streams[0]!.end();
    await reader.all();
    expect(lines).toHaveLength(2);
  });

  it("hono/body-limit and hono/csrf answers a POST", async () => {
    const { get, streams } = await start([bodyLimit({ maxSize: 1000 }), csrf()]);
    const headers = { ...EVENTS, "content-type": "application/json" };
    const post = (body: string) => get({}, { method: "POST", body, headers });
    expect((await post("x".repeat(2000))).status).toBe(413);
    await expectAtOnce(await post("hello"), streams[0]!);
  });
});
