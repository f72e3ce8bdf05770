import type { EventStream, EventStreamOptions } from "@ssekit/core";
import { createChannel } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../../../src/adapter.js";
import { ACCEPT, startApp } from "../../../src/support/start-app.js";
import { until, within } from "../../../src/support/within.js";
import { measureDelays } from "./measure-delays.js";

// A proxy that collects a response delays events by 200 ms (HAProxy) or for ever (nginx). An event that is passed on at
// once takes a few milliseconds. At least one of several does, however busy the machine is.
export const AT_ONCE_MS = 100;

/** An app that is behind a proxy. */
export interface ProxiedApp {
  adapter: Adapter;
  /** Whether the proxy closes its request to the app when the client leaves. */
  tellsDeparture: boolean;
}

/** What has to work for each app behind each proxy. */
export function proxyContract({ adapter, tellsDeparture }: ProxiedApp): void {
  /** Starts the app with a stream that stays open, at `/`. */
  async function startOpen(options?: EventStreamOptions) {
    const streams: EventStream[] = [];
    let requests = 0;
    const app = await startApp(
      adapter,
      {
        path: "/",
        before: async () => void requests++,
        onStream: (stream) => void streams.push(stream),
      },
      options,
    );
    return {
      app,
      streams,
      get requests() {
        return requests;
      },
    };
  }

  describe(`an event stream of ${adapter.name}`, () => {
    it("passes on each event at once", async () => {
      const { app, streams } = await startOpen();
      const reader = await app.read("/");
      const delays = await measureDelays(streams[0]!, reader);
      expect(Math.min(...delays), `delays ${delays.join(", ")}`).toBeLessThan(AT_ONCE_MS);
    });

    it("passes on a large event completely", async () => {
      const { app, streams } = await startOpen({ maxBufferedBytes: 8 << 20 });
      const reader = await app.read("/");
      const data = "漢字 ".repeat(500_000);
      streams[0]!.send(data);
      await reader.untilData(data);
      streams[0]!.send("next");
      await reader.untilData("next");
      expect(reader.events).toHaveLength(2);
    });

    it("P7: holds back the app when the client does not read, which is then disconnected as slow", async () => {
      const { app, streams } = await startOpen();
      await app.request("/", { headers: ACCEPT });
      const stream = streams[0]!;
      await within(
        "send() to return false",
        (async () => {
          while (stream.send("x".repeat(100_000))) await new Promise((resolve) => setTimeout(resolve, 1));
        })(),
      );
      expect(await within("closed", stream.closed)).toBe("slow");
    });

    it("P4: continues after the Last-Event-ID", async () => {
      const channel = createChannel();
      const app = await startApp(adapter, { path: "/", source: (stream) => channel.subscribe(stream) });
      const first = await app.read("/");
      await channel.publish({ data: "one" });
      await channel.publish({ data: "two" });
      await first.untilData("two");
      const { lastEventId } = first.events.find(({ data }) => data === "one")!;
      first.leave();
      const second = await app.read("/", { headers: { "last-event-id": lastEventId } });
      await channel.publish({ data: "three" });
      await second.untilData("three");
      expect(second.events.map(({ data }) => data)).toEqual(["two", "three"]);
    });

    it("P11: is not started again when it is finished, and the 204 is not cached", async () => {
      let requests = 0;
      const app = await startApp(adapter, {
        path: "/",
        before: async () => void requests++,
        source: ["one", "two"],
      });
      const reader = await app.read("/");
      expect(await reader.allData()).toEqual(["one", "two"]);
      const { lastEventId } = reader.events.at(-1)!;
      for (let again = 2; again <= 4; again++) {
        const response = await app.request("/", { headers: { ...ACCEPT, "last-event-id": lastEventId } });
        expect([response.status, requests]).toEqual([204, again]);
      }
      // The 204 is for that client only.
      expect(await (await app.read("/")).allData()).toEqual(["one", "two"]);
    });

    it("is refused without the refusal being cached", async () => {
      const started = await startOpen({ maxStreams: 1 });
      const { app, streams } = started;
      await app.read("/");
      for (let again = 2; again <= 3; again++) {
        const refused = await app.read("/");
        expect(await refused.all()).toEqual([]);
        expect([refused.response.status, refused.retries.length]).toEqual([200, 1]);
        expect(started.requests).toBe(again);
      }
      for (let again = 4; again <= 5; again++) {
        const refused = await app.request("/", { headers: { accept: "*/*" } });
        expect([refused.status, refused.headers.has("retry-after"), started.requests]).toEqual([
          503,
          true,
          again,
        ]);
        await refused.text();
      }
      streams[0]!.close();
      await within("closed", streams[0]!.closed);
      const accepted = await app.read("/");
      streams.at(-1)!.send("hello");
      await accepted.untilData("hello");
    });

    it("P8: ends normally when the server drains, with the time to come back, and later clients are refused", async () => {
      const { app, streams } = await startOpen();
      const readers = await Promise.all([app.read("/"), app.read("/"), app.read("/")]);
      for (const stream of streams) stream.send("last words");
      await within("events.close()", app.events.close({ grace: 10_000, retry: [20_000, 30_000] }));
      for (const reader of readers) {
        expect(await reader.allData()).toEqual(["last words"]);
        expect(await reader.ended).toBe(true);
        expect(reader.retries.at(-1)).toBeGreaterThanOrEqual(20_000);
      }
      const refused = await app.read("/");
      expect(await refused.all()).toEqual([]);
      expect(refused.text).toMatch(/^retry: 2\d{4}\n\n$/);
    });

    it("P14: does not look complete to fetch when its source fails", async () => {
      async function* source(): AsyncGenerator<string> {
        yield "one";
        throw new Error("broken");
      }
      const app = await startApp(adapter, { path: "/", source });
      const reader = await app.read("/");
      expect(await within("the end", reader.ended)).toBe(false);
      expect(reader.events.map(({ data }) => data)).toEqual(["one"]);
    });

    it(`P10: is closed when its client leaves${tellsDeparture ? "" : ", after at most a few heartbeats"}`, async () => {
      const { app, streams } = await startOpen({ heartbeat: tellsDeparture ? false : 200 });
      const client = new AbortController();
      await app.read("/", { signal: client.signal });
      client.abort();
      expect(await within("closed", streams[0]!.closed)).toBe("client");
      await until("no stream", () => app.events.streams.size === 0);
    });
  });
}
