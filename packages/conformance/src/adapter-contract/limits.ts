import type { EventStream, EventStreamOptions } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { never, until, within } from "../support/within.js";

/** The limits on the number of streams and on their age. */
export function limitsContract(adapter: Adapter): void {
  describe("maxStreams", () => {
    it("asks an EventSource above the limit to reconnect, and accepts it when a slot is free", async () => {
      const streams: EventStream[] = [];
      let started = 0;
      const app = await startApp(
        adapter,
        { path: "/", source: (stream) => (started++, void streams.push(stream)), headers: { "x-app": "1" } },
        { maxStreams: 1 },
      );
      await app.read("/");
      const refused = await app.read("/");
      expect(refused.response.status).toBe(200);
      expect(refused.response.headers.get("content-type")).toMatch(/^text\/event-stream/);
      expect(refused.response.headers.get("cache-control")).toBe("no-store");
      expect(await refused.all()).toEqual([]);
      expect(refused.text).toMatch(/^retry: \d+\n\n$/);
      expect(refused.retries[0]).toBeGreaterThanOrEqual(1_000);
      expect(refused.retries[0]).toBeLessThanOrEqual(10_000);
      expect(started).toBe(1);

      streams[0]!.close();
      await within("closed", streams[0]!.closed);
      await app.read("/");
      expect(started).toBe(2);
      expect(app.events.streams.size).toBe(1);
    });

    it("spreads the reconnections of refused clients over time", async () => {
      const app = await startApp(adapter, { path: "/" }, { maxStreams: 0 });
      const retries = new Set<number>();
      for (let i = 0; i < 20; i++) {
        const refused = await app.read("/");
        await refused.all();
        retries.add(refused.retries[0]!);
      }
      expect(retries.size).toBeGreaterThan(10);
    });

    it.each([
      ["does not say that it reads event streams", "GET", { accept: "*/*" }],
      ["sends another method", "POST", ACCEPT],
    ])("responds with 503 to a client that %s", async (_what, method, headers) => {
      const app = await startApp(adapter, { path: "/" }, { maxStreams: 0 });
      const response = await app.request("/", { method, headers });
      expect(response.status).toBe(503);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(response.headers.get("cache-control")).toBe("no-store");
    });

    it("responds with 503 to every client with refuse: 503, so that a load balancer tries the next node", async () => {
      const app = await startApp(adapter, { path: "/" }, { maxStreams: 0, refuse: 503 });
      const response = await app.request("/", { headers: ACCEPT });
      expect(response.status).toBe(503);
      expect(response.headers.get("content-type")).not.toContain("event-stream");
    });

    it("responds with 204 to a client whose stream is finished", async () => {
      const app = await startApp(adapter, { path: "/" }, { maxStreams: 0 });
      expect((await app.request("/", { headers: { ...ACCEPT, "last-event-id": "7~end" } })).status).toBe(204);
    });
  });

  describe("maxAge", () => {
    it("closes a stream with reason expired, after what was sent, and lets the client reconnect", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(
        adapter,
        { path: "/", onStream: (opened) => (stream = opened) },
        { maxAge: 100, heartbeat: false },
      );
      const reader = await app.read("/");
      stream!.send("one");
      expect((await reader.all()).map((event) => event.data)).toEqual(["one"]);
      expect(await reader.ended).toBe(true);
      expect(await within("closed", stream!.closed)).toBe("expired");
      expect(stream!.signal.reason).toMatchObject({ cause: "expired" });
      expect(app.events.streams.size).toBe(0);
    });

    it("closes a stream whose source is busy, too", async () => {
      let returned = 0;
      async function* source(): AsyncGenerator<string> {
        try {
          for (;;) {
            yield "x";
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        } finally {
          returned++;
        }
      }
      const app = await startApp(adapter, { path: "/", source }, { maxAge: 100 });
      const reader = await app.read("/");
      await reader.all();
      await until("the source to be returned", () => returned === 1);
      expect(app.closeReasons).toEqual(["expired"]);
    });
  });

  describe("expiresAt", () => {
    it.each([
      ["a Date", (at: number) => new Date(at)],
      ["milliseconds", (at: number) => at],
    ])("as %s closes a stream at that time, and not before", async (_what, make) => {
      const at = Date.now() + 300;
      let closedAt = 0;
      const options = { expiresAt: make(at), maxAge: 100_000, onClose: () => void (closedAt = Date.now()) };
      const app = await startApp(adapter, { path: "/", source: () => never(), options }, { headTimeout: 50 });
      const reader = await app.read("/");
      await reader.all();
      await until("onClose", () => closedAt > 0);
      expect(closedAt).toBeGreaterThanOrEqual(at - 5); // the timer and Date.now() use different clocks
      expect(app.events.streams.size).toBe(0);
    });

    it("in the past closes the stream right after the head and does not start the source", async () => {
      let started = 0;
      const reasons: string[] = [];
      const options: EventStreamOptions = {
        expiresAt: Date.now() - 1,
        onClose: (_stream, reason) => void reasons.push(reason),
      };
      const app = await startApp(adapter, [
        { path: "/", options },
        { path: "/source", source: () => void started++, options },
      ]);
      for (const path of ["/", "/source"]) {
        const reader = await app.read(path);
        expect(reader.response.status).toBe(200);
        expect(await reader.all()).toEqual([]);
        expect(await reader.ended).toBe(true);
      }
      expect(started).toBe(0);
      await until("onClose", () => reasons.length === 2);
      expect(reasons).toEqual(["expired", "expired"]);
    });

    it("closes a stream whose head is still waiting for the source", async () => {
      const options = { expiresAt: Date.now() + 200 };
      const app = await startApp(adapter, { path: "/", source: () => never(), options });
      const reader = await app.read("/");
      expect(await reader.all()).toEqual([]);
      expect(app.closeReasons).toEqual(["expired"]);
    });
  });

  describe("a stream", () => {
    it("is in events.streams while it is open, and has the app's context", async () => {
      let stream: EventStream | undefined;
      const opened: EventStream[] = [];
      const app = await startApp(
        adapter,
        {
          path: "/",
          onStream(given) {
            stream = given;
            expect(given.context).toEqual({});
            given.context = { user: 5 };
          },
        },
        { onOpen: (given) => void opened.push(given) },
      );
      const reader = await app.read("/");
      expect([...app.events.streams]).toEqual([stream]);
      expect([...app.events.streams][0]!.context).toEqual({ user: 5 });
      expect(opened).toEqual([stream]);
      stream!.close();
      expect(stream!.signal.aborted).toBe(true);
      expect(stream!.send("late")).toBe(false);
      expect(stream!.comment("late")).toBe(false);
      stream!.close();
      stream!.end();
      await reader.all();
      expect(await within("closed", stream!.closed)).toBe("closed");
      expect(app.events.streams.size).toBe(0);
      expect(app.closeReasons).toEqual(["closed"]);
    });
  });
}
