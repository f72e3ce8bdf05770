import type { Source } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { never, pause, until } from "../support/within.js";

/** Sources that fail before their first item. */
const FAILURES: Record<string, (error: unknown) => Source> = {
  "throws at once": (error) => () => {
    throw error;
  },
  rejects: (error) => () => pause(1).then(() => Promise.reject(error as Error)),
  "is a generator that throws": (error) =>
    function* () {
      throw error;
    },
  "is an async generator that throws": (error) =>
    async function* () {
      await pause(1);
      throw error;
    },
  "is a ReadableStream that errors": (error) => () =>
    new ReadableStream({ pull: (controller) => controller.error(error) }),
};

/** An error of a source goes to the framework before the head is sent, and to `onError` afterwards. */
export function sourceErrorsContract(adapter: Adapter): void {
  describe("a source that fails before the head", () => {
    it.each(Object.keys(FAILURES))("and %s passes its error to the framework", async (kind) => {
      const broken = new Error("broken");
      const app = await startApp(adapter, { path: "/", source: FAILURES[kind]!(broken) });
      const response = await app.request("/", { headers: ACCEPT });
      expect(response.status).toBe(500);
      expect(response.headers.get("content-type") ?? "").not.toContain("event-stream");
      expect(response.headers.has("x-accel-buffering")).toBe(false);
      expect(app.errors).toHaveLength(1);
      expect(app.errors[0]).toBe(broken);
      expect(app.reported).toEqual([]);
      expect(app.closeReasons).toEqual([]);
      expect(app.events.streams.size).toBe(0);
    });

    it("keeps the 4xx status of the error, even if the client reconnects", async () => {
      const forbidden = Object.assign(new Error("not yours"), { status: 403 });
      const app = await startApp(adapter, { path: "/", source: () => Promise.reject(forbidden) });
      expect((await app.request("/", { headers: ACCEPT })).status).toBe(403);
      expect((await app.request("/", { headers: { ...ACCEPT, "last-event-id": "7" } })).status).toBe(403);
      expect(app.errors).toEqual([forbidden, forbidden]);
    });

    it("asks a client that reconnects to reconnect later, and calls onError", async () => {
      const broken = new Error("broken");
      const app = await startApp(adapter, { path: "/", source: () => Promise.reject(broken) });
      const reader = await app.read("/", { headers: { "last-event-id": "7" } });
      expect(reader.response.status).toBe(200);
      expect(reader.response.headers.get("cache-control")).toBe("no-store");
      expect(await reader.all()).toEqual([]);
      expect(reader.text).toMatch(/^retry: \d+\n\n$/);
      expect(app.reported).toEqual([broken]);
      expect(app.errors).toEqual([]);
    });
  });

  describe("a source that fails after the head", () => {
    it("calls onError, and the stream closes so that the client reconnects", async () => {
      const broken = new Error("broken");
      async function* source(): AsyncGenerator<string> {
        yield "one";
        await pause(1);
        throw broken;
      }
      const app = await startApp(adapter, { path: "/", source });
      const reader = await app.read("/");
      expect(await reader.all()).toEqual([{ type: "message", data: "one", lastEventId: "" }]);
      expect(app.reported).toEqual([broken]);
      expect(app.errors).toEqual([]);
      await until("onClose", () => app.closeReasons.length > 0);
      expect(app.closeReasons).toEqual(["error"]);
    });

    it("calls onError whatever it throws, even undefined", async () => {
      async function* source(): AsyncGenerator<string> {
        yield "one";
        throw undefined;
      }
      const app = await startApp(adapter, { path: "/", source });
      await (await app.read("/")).all();
      expect(app.reported).toEqual([undefined]);
    });

    it("because an item is not a message reports what is wrong with the item", async () => {
      const source = ["one", { evnt: "x" }] as unknown as Source;
      const app = await startApp(adapter, { path: "/", source });
      const reader = await app.read("/");
      expect((await reader.all()).map((event) => event.data)).toEqual(["one"]);
      expect(app.reported).toMatchObject([{ code: "ERR_SSE_INVALID_FIELD" }]);
    });
  });

  describe("a source whose head is sent before its first item", () => {
    it("does not wait longer than headTimeout for the first item", async () => {
      const app = await startApp(adapter, { path: "/", source: () => never(), options: { headTimeout: 50 } });
      const reader = await app.read("/");
      expect(reader.response.status).toBe(200);
      expect(reader.events).toEqual([]);
      expect(app.events.streams.size).toBe(1);
    });

    it("passes its error to onError, because the framework has already sent the head", async () => {
      const broken = new Error("broken");
      let fail!: (error: Error) => void;
      const source = (): Promise<void> => new Promise((_resolve, reject) => (fail = reject));
      const app = await startApp(adapter, { path: "/", source, options: { headTimeout: 50 } });
      const reader = await app.read("/");
      fail(broken);
      expect(await reader.all()).toEqual([]);
      expect(app.reported).toEqual([broken]);
      expect(app.errors).toEqual([]);
    });
  });
}
