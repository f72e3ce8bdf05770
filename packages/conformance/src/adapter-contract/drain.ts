import type { EventStream } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import type { StreamReader } from "../clients/stream-reader.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { createGate, never, pause, until, within } from "../support/within.js";

const STREAMS = 1_000;
const RETRY: [number, number] = [20_000, 30_000];

/** P8: `events.close()`. */
export function drainContract(adapter: Adapter): void {
  describe("P8: events.close()", () => {
    it(`closes ${STREAMS} open streams within the grace period, spreads their reconnections, and lets the server stop`, async () => {
      const app = await startApp(adapter, { path: "/" });
      const readers: StreamReader[] = [];
      // Not all at once: on a busy machine the last one would wait too long for its response.
      while (readers.length < STREAMS)
        readers.push(...(await Promise.all(Array.from({ length: 100 }, () => app.read("/")))));
      expect(app.events.streams.size).toBe(STREAMS);

      await within("events.close()", app.events.close({ grace: 10_000, retry: RETRY }), 10_000);
      expect(app.events.streams.size).toBe(0);
      const ended = await within("the streams to end", Promise.all(readers.map((reader) => reader.ended)));
      expect(ended.every(Boolean)).toBe(true);
      for (const reader of readers) {
        expect(reader.retries).toHaveLength(2);
        expect(reader.retries[1]).toBeGreaterThanOrEqual(RETRY[0]);
        expect(reader.retries[1]).toBeLessThanOrEqual(RETRY[1]);
      }
      expect(new Set(readers.map((reader) => reader.retries[1])).size).toBeGreaterThan(STREAMS / 2);
      expect(new Set(app.closeReasons)).toEqual(new Set(["draining"]));

      // A request may fail because its connection was just being closed. A browser repeats it, and so does the test.
      const refused = await app.read("/").catch(() => app.read("/"));
      expect(await refused.all()).toEqual([]);
      expect(refused.text).toMatch(/^retry: 2\d{4}\n\n$/);
      expect((await app.request("/").catch(() => app.request("/"))).status).toBe(503);
      await within("server.close()", app.close());
    }, 30_000);

    it("delivers what was sent before it was called", async () => {
      const streams: EventStream[] = [];
      const app = await startApp(adapter, { path: "/", onStream: (stream) => void streams.push(stream) });
      const reader = await app.read("/");
      streams[0]!.send("last words");
      await within("events.close()", app.events.close());
      expect(await reader.allData()).toEqual(["last words"]);
      expect(streams[0]!.send("late")).toBe(false);
    });

    it("disconnects a client that does not read when the grace period is over", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(
        adapter,
        { path: "/", onStream: (opened) => (stream = opened) },
        { maxBufferedBytes: 1 << 30 },
      );
      await app.request("/", { headers: ACCEPT });
      for (let i = 0; i < 64; i++) stream!.send("x".repeat(1 << 20));
      await pause(20);
      let closed = false;
      const closing = app.events.close({ grace: 300 }).finally(() => (closed = true));
      await pause(100);
      expect(closed).toBe(false);
      await within("events.close()", closing);
      expect(await within("closed", stream!.closed)).toBe("draining");
      await within("server.close()", app.close());
    });

    it("refuses a client whose source has no item yet, and returns the source", async () => {
      let started = 0;
      let returned = 0;
      const source = (): AsyncIterable<string> => {
        started++;
        return {
          [Symbol.asyncIterator]: () => ({
            next: never,
            return: () => (returned++, Promise.resolve({ done: true, value: undefined })),
          }),
        };
      };
      const app = await startApp(adapter, { path: "/", source }, { headTimeout: 1_000_000 });
      const held = [app.request("/", { headers: ACCEPT }), app.request("/", { headers: { accept: "*/*" } })];
      await until("both sources", () => started === 2);
      await within("events.close()", app.events.close({ retry: RETRY }));
      const [eventSource, other] = await Promise.all(held);
      expect(eventSource!.status).toBe(200);
      expect(await eventSource!.text()).toMatch(/^retry: [23]\d{4}\n\n$/);
      expect(other!.status).toBe(503);
      await until("both sources to be returned", () => returned === 2);
      expect(app.closeReasons).toEqual([]);
    });

    it("with finishSources, lets sources finish and closes all other streams at once", async () => {
      const gate = createGate();
      async function* source(): AsyncGenerator<string> {
        yield "one";
        await gate.opened;
        yield "two";
      }
      const sendsAll = async (stream: EventStream): Promise<void> => {
        await stream.sendAll(source());
        stream.end({ event: "done" });
      };
      const app = await startApp(adapter, [
        { path: "/", source },
        { path: "/held", source: () => gate.opened.then(() => ["two"]) },
        { path: "/sendAll", onStream: (stream) => void sendsAll(stream) },
        { path: "/idle" },
      ]);
      const readers = [await app.read("/"), await app.read("/sendAll")];
      const held = app.read("/held");
      const idle = await app.read("/idle");
      await Promise.all(readers.map((reader) => reader.untilData("one")));
      await until("the held one", () => app.events.streams.size === 4);
      const closing = app.events.close({ grace: 10_000, retry: RETRY, finishSources: true });
      await within("the idle one", idle.ended);
      expect(idle.retries).toHaveLength(2);
      const refused = await app.read("/").catch(() => app.read("/"));
      expect(await refused.all()).toEqual([]);
      expect(app.events.streams.size).toBe(3);
      gate.open();
      await within("events.close()", closing);
      for (const reader of readers)
        expect((await reader.all()).map((event) => event.data)).toEqual(["one", "two", ""]);
      expect(await (await held).allData()).toEqual(["two"]);
      expect(app.closeReasons.toSorted()).toEqual(["draining", "ended", "ended", "ended"]);
    });

    it("with finishSources, closes streams that stay open after their source, and aborts those that are not finished in time", async () => {
      const gate = createGate();
      const streams: EventStream[] = [];
      async function* source(): AsyncGenerator<string> {
        yield "one";
        await gate.opened;
      }
      const app = await startApp(adapter, [
        { path: "/goes-on", onStream: (stream) => (streams.push(stream), void stream.sendAll(source())) },
        {
          path: "/endless",
          source: () =>
            (async function* () {
              yield "one";
              await never();
            })(),
        },
      ]);
      const readers = [await app.read("/goes-on"), await app.read("/endless")];
      await Promise.all(readers.map((reader) => reader.untilData("one")));
      const closing = app.events.close({ grace: 500, finishSources: true });
      gate.open();
      expect(await within("closed", streams[0]!.closed)).toBe("draining");
      expect(app.events.streams.size).toBe(1);
      await within("events.close()", closing);
      expect(await readers[0]!.ended).toBe(true);
      expect(await within("the cut", readers[1]!.ended)).toBe(false);
      expect(app.closeReasons).toEqual(["draining", "draining"]);
    });

    it("may be called again, even if no stream is open", async () => {
      const app = await startApp(adapter, { path: "/" });
      await within("events.close()", Promise.all([app.events.close(), app.events.close()]));
      await within("events.close()", app.events.close());
      expect(await (await app.read("/")).all()).toEqual([]);
      expect(app.events.streams.size).toBe(0);
    });

    it("works if closing a stream makes the app close other streams and send on them", async () => {
      const streams: EventStream[] = [];
      const app = await startApp(adapter, {
        path: "/",
        onStream: (stream) => {
          streams.push(stream);
          stream.signal.addEventListener("abort", () => {
            for (const other of streams) {
              other.send("bye");
              other.close();
            }
          });
        },
      });
      for (let i = 0; i < 3; i++) await app.read("/");
      await within("events.close()", app.events.close());
      expect(app.events.streams.size).toBe(0);
    });

    it.each([{ grace: -1 }, { retry: [5, 1] }, { retry: 5 }, { finishSources: 1 }, { graze: 1 }, null])(
      "reports what is wrong with %o",
      async (options) => {
        const app = await startApp(adapter, { path: "/" });
        await expect(app.events.close(options as never)).rejects.toMatchObject({
          code: "ERR_SSE_INVALID_OPTION",
        });
      },
    );
  });
}
