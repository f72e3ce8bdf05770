import { Readable } from "node:stream";
import type { EventStream, EventStreamOptions, Source } from "@ssekit/core";
import { relay } from "@ssekit/relay";
import { describe, expect, it } from "vitest";
import type { Adapter, Route } from "../adapter.js";
import { RawClient } from "../clients/raw-client.js";
import { describeIf, itIf } from "../support/applies-if.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { createGate, never, until, within } from "../support/within.js";

/** Sources that are already running when they are passed, such as an upstream response that was fetched before. */
const VALUES: Record<string, (returned: () => void) => Source> = {
  "an async iterable": (returned) => ({
    [Symbol.asyncIterator]: () => ({
      next: never,
      return: () => (returned(), Promise.resolve({ done: true as const, value: undefined })),
    }),
  }),
  "a generator that has begun": (returned) => {
    function* generate(): Generator<string> {
      try {
        for (;;) yield "x";
      } finally {
        returned();
      }
    }
    const items = generate();
    items.next();
    return items;
  },
  "a ReadableStream": (returned) =>
    new ReadableStream<string>({ pull: never, cancel: returned }, { highWaterMark: 0 }),
  "a Node stream": (returned) =>
    new Readable({
      objectMode: true,
      read() {},
      destroy: (error, done) => (returned(), done(error)),
    }),
  "a relay": (returned) =>
    relay(new ReadableStream<Uint8Array>({ pull: never, cancel: returned }, { highWaterMark: 0 })),
};

interface Occasion {
  server?: EventStreamOptions;
  options?: EventStreamOptions;
  draining?: boolean;
  request?: RequestInit;
  status: number;
}

const ENDED = { ...ACCEPT, "last-event-id": "7~end" };

const OCCASIONS: Record<string, Occasion> = {
  "204, because the stream was finished": { request: { headers: ENDED }, status: 204 },
  "204, because of `once`": {
    options: { once: true },
    request: { headers: { ...ACCEPT, "last-event-id": "7" } },
    status: 204,
  },
  "a polite refusal": { server: { maxStreams: 0 }, request: { headers: ACCEPT }, status: 200 },
  503: { server: { maxStreams: 0 }, status: 503 },
  "a polite refusal while draining": { draining: true, request: { headers: ACCEPT }, status: 200 },
  "503 while draining": { draining: true, status: 503 },
  "only the head, for a HEAD request": { request: { method: "HEAD" }, status: 200 },
};

/** If no stream opens, the source must be returned, and the response must still have its headers. */
export function notOpenedContract(adapter: Adapter): void {
  describe("P10: a source that was passed as a value is returned at once when the response is", () => {
    describe.each(Object.entries(OCCASIONS))(
      "%s",
      (_answer, { server, options, draining, request, status }) => {
        it.each(Object.keys(VALUES))("%s", async (kind) => {
          let returned = 0;
          const route: Route = {
            path: "/",
            source: VALUES[kind]!(() => returned++),
            ...(options && { options }),
          };
          const app = await startApp(adapter, route, server);
          if (draining) await within("events.close()", app.events.close());
          expect((await app.request("/", request)).status).toBe(status);
          await until("the source to be returned", () => returned === 1, 2_000);
          expect([app.errors, app.reported, app.closeReasons]).toEqual([[], [], []]);
        });
      },
    );
  });

  describe("P10: a source that was passed as a value is returned at once when", () => {
    it.each(Object.keys(VALUES))("an option is wrong: %s", async (kind) => {
      let returned = 0;
      const source = VALUES[kind]!(() => returned++);
      const app = await startApp(adapter, { path: "/", source, options: { retry: -1 } });
      expect((await app.request("/")).status).toBe(500);
      await until("the source to be returned", () => returned === 1, 2_000);
      expect(app.errors).toMatchObject([{ code: "ERR_SSE_INVALID_OPTION" }]);
    });

    it.each(Object.keys(VALUES))("the response already has a stream: %s", async (kind) => {
      let returned = 0;
      const again = VALUES[kind]!(() => returned++);
      const app = await startApp(adapter, { path: "/", misuse: "open twice", again });
      await app.read("/");
      await until("the source to be returned", () => returned === 1, 2_000);
      expect(app.errors).toMatchObject([{ code: "ERR_SSE_ALREADY_OPEN" }]);
    });

    itIf(!adapter.returnsResponse)("the response was sent before", async () => {
      for (const make of Object.values(VALUES)) {
        let returned = 0;
        const source = make(() => returned++);
        const app = await startApp(adapter, { path: "/", source, misuse: "open after the answer" });
        await app.request("/");
        await until("the source to be returned", () => returned === 1, 2_000);
        expect(app.errors).toMatchObject([{ code: "ERR_SSE_HEADERS_SENT" }]);
      }
    });
  });

  describeIf(adapter.http === 1)("P10: a source that was passed as a value is returned at once when", () => {
    it.each(Object.keys(VALUES))("the client left before the stream opened: %s", async (kind) => {
      let returned = 0;
      const gate = createGate();
      let entered = false;
      const before = (): Promise<void> => ((entered = true), gate.opened);
      const app = await startApp(adapter, { path: "/", before, source: VALUES[kind]!(() => returned++) });
      const client = new RawClient(app.url).request("GET", "/");
      await until("the handler", () => entered);
      client.socket.destroy();
      await until("the server to see it", () => app.connections === 0);
      gate.open();
      await until("the source to be returned", () => returned === 1, 2_000);
      expect([app.errors, app.reported, app.closeReasons]).toEqual([[], [], []]);
    });
  });

  describeIf(!adapter.returnsResponse)("P10: a stream that never opened", () => {
    it("calls a listener that the app adds to its signal", async () => {
      let heard = 0;
      let aborted = false;
      const onStream = ({ signal }: EventStream): void => {
        aborted = signal.aborted;
        signal.addEventListener("abort", () => heard++);
      };
      const app = await startApp(adapter, { path: "/", onStream }, { maxStreams: 0 });
      expect((await app.request("/")).status).toBe(503);
      await until("the listener", () => heard > 0, 2_000);
      expect([heard, aborted]).toEqual([1, true]);
    });
  });

  describe("the headers of the options and of the app are on", () => {
    const headers = { "access-control-allow-origin": "https://app.example", "cache-control": "public" };
    const own = { "X-Own": "1", "Cache-Control": "max-age=60", "Content-Type": "text/html" };

    it.each(Object.entries(OCCASIONS))(
      "%s",
      async (_answer, { server, options, draining, request, status }) => {
        const route: Route = { path: "/", source: ["one"], headers, options: { ...options, headers: own } };
        const app = await startApp(adapter, route, { ...server, headers: { "x-server": "1" } });
        if (draining) await within("events.close()", app.events.close());
        const response = await app.request("/", request);
        expect(response.status).toBe(status);
        expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example");
        expect(response.headers.get("x-own")).toBe("1");
        expect(response.headers.get("x-server")).toBe("1");
        if (request?.method === "HEAD") return;
        expect(response.headers.get("cache-control")).toBe("no-store");
        expect(response.headers.get("content-type") ?? "").not.toContain("html");
      },
    );

    it("the refusal of a stream that is still waiting for its source when the server drains", async () => {
      let started = 0;
      const source: Source = () => (started++, never());
      const route: Route = { path: "/", source, headers, options: { headers: own, headTimeout: 1_000_000 } };
      const app = await startApp(adapter, route);
      const held = app.request("/", { headers: ACCEPT });
      await until("the source", () => started === 1);
      await within("events.close()", app.events.close());
      const response = await held;
      expect(await response.text()).toMatch(/^retry: \d+\n\n$/);
      expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example");
      expect(response.headers.get("x-own")).toBe("1");
      expect(response.headers.get("cache-control")).toBe("no-store");
    });
  });
}
