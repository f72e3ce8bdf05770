import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { listen, pause, RawClient, StreamReader, until } from "@ssekit/conformance";
import { EventStreamServer, sse, type EventStream } from "@ssekit/express";
import compression from "compression";
import cors from "cors";
import express, { type RequestHandler } from "express";
import express4 from "express4";
import { describe, expect, it, onTestFinished } from "vitest";

const GZIP = { accept: "text/event-stream", "accept-encoding": "gzip", origin: "https://page.example" };

describe.each([
  ["Express 5", express],
  ["Express 4", express4],
])("%s with", (_name, create) => {
  /** Starts an app with a stream at `/` and with this middleware before it. */
  async function start(...handlers: RequestHandler[]) {
    const events = new EventStreamServer();
    const streams: EventStream[] = [];
    const app = create();
    for (const handler of handlers) app.use(handler);
    app.use(sse(events)).all("/", (_req, res) => void streams.push(res.sse()));
    const listening = await listen(createServer(app));
    onTestFinished(() => (listening.cut(), listening.close()));
    return { listening, url: listening.url, events, streams };
  }

  it("compression and cors in front: each event arrives when it is sent, uncompressed", async () => {
    const { url, streams } = await start(compression({ threshold: 0 }), cors());
    const response = await fetch(url, { headers: GZIP });
    expect(response.headers.has("content-encoding")).toBe(false);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    const reader = new StreamReader(response);
    for (let i = 0; i < 5; i++) {
      streams[0]!.send(`event ${i}`);
      await reader.untilData(`event ${i}`);
    }
    streams[0]!.end();
    await reader.all();
    expect(reader.events).toHaveLength(6);
  });

  it("compression in front and a Cache-Control that allows it: each event arrives when it is sent", async () => {
    const allow: RequestHandler = (_req, res, next) => {
      res.set("Cache-Control", "no-cache");
      next();
    };
    const { url, streams } = await start(compression({ threshold: 0 }), allow);
    const response = await fetch(url, { headers: GZIP });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const reader = new StreamReader(response);
    for (let i = 0; i < 5; i++) {
      streams[0]!.send(`event ${i}`);
      await reader.untilData(`event ${i}`);
    }
    streams[0]!.end();
    await reader.all();
    expect(reader.events).toHaveLength(6);
  });

  it("compression in front: the compressed response is a complete gzip stream that contains every event", async () => {
    const allow: RequestHandler = (_req, res, next) => {
      res.set("Cache-Control", "no-cache");
      next();
    };
    const { url, streams } = await start(compression({ threshold: 0 }), allow);
    const client = new RawClient(url);
    client.request("GET", "/", { ...GZIP, connection: "close" });
    await until("the stream", () => streams.length === 1);
    streams[0]!.send("漢字");
    streams[0]!.close();
    await until("the end", () => client.socket.readableEnded);
    expect(gunzipSync(bodyOf(client.text)).toString()).toBe("retry: 3000\n\ndata: 漢字\n\n");
  });

  it("compression in front: a client that leaves closes the stream", async () => {
    const { url, events, streams } = await start(compression({ threshold: 0 }));
    const client = new RawClient(url).request("GET", "/", GZIP);
    await client.until("retry: 3000");
    client.socket.destroy();
    expect(await streams[0]!.closed).toBe("client");
    expect(events.streams.size).toBe(0);
  });

  it("a body parsed before the stream opened: it stays open, and closes when the client leaves", async () => {
    const { url, events, streams } = await start(express.json());
    const client = new AbortController();
    const response = await fetch(url, {
      method: "POST",
      body: JSON.stringify({ prompt: "hello" }),
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      signal: client.signal,
    });
    const reader = new StreamReader(response);
    await pause(50); // the request has closed by then
    expect(events.streams.size).toBe(1);
    streams[0]!.send("still open");
    await reader.untilData("still open");
    client.abort();
    expect(await streams[0]!.closed).toBe("client");
    expect(events.streams.size).toBe(0);
  });

  it("a body that nobody reads: the stream opens nevertheless", async () => {
    const { url, streams } = await start();
    const response = await fetch(url, {
      method: "POST",
      body: "x".repeat(1000),
      headers: { accept: "text/event-stream" },
    });
    const reader = new StreamReader(response);
    streams[0]!.send("open");
    await reader.untilData("open");
    streams[0]!.end();
    expect(await reader.allData()).toEqual(["open"]);
  });

  it("a client that left before the handler ran: the stream is closed already, and there is no error", async () => {
    let handle!: () => void;
    const entered = new Promise<void>((resolve) => (handle = resolve));
    let goOn!: () => void;
    const { listening, url, events, streams } = await start((_req, _res, next) => {
      goOn = next;
      handle();
    });
    const client = new RawClient(url).request("GET", "/");
    await entered;
    client.socket.destroy();
    await until("the server to see it", () => listening.connections === 0);
    goOn();
    expect(streams).toHaveLength(1);
    expect(await streams[0]!.closed).toBe("client");
    expect(events.streams.size).toBe(0);
  });
});

/** Joins the chunks of a response's body. */
function bodyOf(text: string): Buffer {
  const parts: string[] = [];
  for (let at = text.indexOf("\r\n\r\n") + 4; ;) {
    const lineEnd = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) return Buffer.from(parts.join(""), "latin1");
    parts.push(text.slice(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
