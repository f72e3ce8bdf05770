import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { describeIf, itIf } from "../support/applies-if.js";
import { RawClient } from "../clients/raw-client.js";
import { startApp } from "../support/start-app.js";
import { until } from "../support/within.js";

/** The headers of a stream, its first block, HEAD requests and heartbeats. */
export function responseContract(adapter: Adapter): void {
  describe("the response", () => {
    it("has the headers of an event stream", async () => {
      const app = await startApp(adapter, { path: "/" });
      const { status, headers } = await app.request("/");
      expect(status).toBe(200);
      expect(headers.get("content-type")).toMatch(/^text\/event-stream(;|$)/);
      expect(headers.get("cache-control")).toBe("no-cache, no-transform");
      expect(headers.get("x-accel-buffering")).toBe("no");
      expect(headers.has("content-length")).toBe(false);
      expect(headers.has("content-encoding")).toBe(false);
    });

    it("keeps the headers that the app has set before, including Cache-Control", async () => {
      const headers = { "x-app": "1", "cache-control": "private", "set-cookie": "a=b" };
      const app = await startApp(adapter, { path: "/", headers });
      const response = await app.request("/");
      for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)).toBe(value);
    });

    itIf(!adapter.headersByOption)(
      "ignores a Content-Length or Content-Type that the app has set for another response",
      async () => {
        const headers = { "content-length": "5", "content-type": "text/html" };
        const app = await startApp(adapter, { path: "/", headers, source: ["one"] });
        const reader = await app.read("/");
        expect(reader.response.headers.get("content-type")).toMatch(/^text\/event-stream/);
        expect(await reader.allData()).toEqual(["one"]);
      },
    );

    it("has the headers of the options, where those of the stream override those of the server", async () => {
      const app = await startApp(
        adapter,
        { path: "/", options: { headers: { "X-Stream": "stream", "X-Both": "stream" } } },
        { headers: { "X-Server": "server", "x-both": "server", "Cache-Control": "no-store" } },
      );
      const { headers } = await app.request("/");
      expect(headers.get("x-stream")).toBe("stream");
      expect(headers.get("x-both")).toBe("stream");
      expect(headers.get("x-server")).toBe("server");
      expect(headers.get("cache-control")).toBe("no-store");
    });

    it("starts with the reconnection time", async () => {
      const routes = [
        { path: "/default", source: ["one"] },
        { path: "/own", source: ["one"], options: { retry: 7 } },
      ];
      const app = await startApp(adapter, routes);
      const [first, own] = [await app.read("/default"), await app.read("/own")];
      await Promise.all([first.all(), own.all()]);
      expect(first.text).toMatch(/^retry: 3000\n\ndata: one\n\n/);
      expect(own.text).toMatch(/^retry: 7\n\ndata: one\n\n/);
    });

    it("to a HEAD request is only the head, and the source is not started", async () => {
      let started = 0;
      const app = await startApp(adapter, {
        path: "/",
        source: () => void started++,
        headers: { "x-app": "1" },
      });
      const response = await app.request("/", { method: "HEAD" });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
      expect(response.headers.get("x-app")).toBe("1");
      expect(started).toBe(0);
      expect(app.events.streams.size).toBe(0);
    });

    it("contains heartbeats while nothing is sent, which clients ignore", async () => {
      const app = await startApp(adapter, { path: "/" }, { heartbeat: 50 });
      const reader = await app.read("/");
      await until("three heartbeats", () => reader.comments.length >= 3);
      expect(reader.text).toMatch(/^retry: 3000\n\n(:\n\n)+$/);
      expect(reader.events).toEqual([]);
    });
  });

  describeIf(adapter.http === 1)("the response on its connection", () => {
    it("to a HEAD request leaves the connection free for the next request", async () => {
      const app = await startApp(adapter, { path: "/", source: ["one"] });
      const client = new RawClient(app.url);
      client.request("HEAD", "/");
      const head = await client.until("\r\n\r\n");
      expect(head.endsWith("\r\n\r\n")).toBe(true);
      client.text = "";
      client.request("GET", "/");
      const { status, chunks } = await client.response();
      expect(status).toBe(200);
      expect(chunks.join("")).toContain("data: one\n\n");
    });

    it("frees the connection for the next request when the stream has ended", async () => {
      const app = await startApp(adapter, { path: "/", source: ["one"] });
      const client = new RawClient(app.url);
      for (let i = 0; i < 3; i++) {
        client.text = "";
        client.request("GET", "/");
        expect((await client.response()).status).toBe(200);
      }
    });

    it("is readable for an HTTP/1.0 client", async () => {
      const app = await startApp(adapter, { path: "/", source: ["one"] });
      const client = new RawClient(app.url);
      client.socket.write("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n");
      await until("the end", () => client.socket.readableEnded);
      const body = client.text.slice(client.text.indexOf("\r\n\r\n") + 4);
      expect(body).toBe("retry: 3000\n\ndata: one\n\nevent: end\nid: ~end\ndata:\n\n");
    });
  });
}
