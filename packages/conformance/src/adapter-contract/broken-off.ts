import { createChannel, type EventStream, type EventStreamOptions } from "@ssekit/core";
import { relay } from "@ssekit/relay";
import { EventSource } from "eventsource";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Adapter } from "../adapter.js";
import { parseRawResponse, RawClient } from "../clients/raw-client.js";
import { StreamReader } from "../clients/stream-reader.js";
import { describeIf } from "../support/applies-if.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { never, pause, until, within } from "../support/within.js";

const BROKEN = new Error("broken");
const MUCH = "x".repeat(100_000);

async function* failsAfterOne(): AsyncGenerator<{ id: string; data: string }> {
  yield { id: "7", data: "one" };
  throw BROKEN;
}

/** Clients that do not reconnect by themselves. They would take the end of the response for the end of the data. */
const NOT_RECONNECTING: [who: string, init: RequestInit][] = [
  ["that sends a POST", { method: "POST" }],
  ["that does not name event streams", { headers: { accept: "*/*" } }],
];

/** Ways to close a stream before its source has finished. */
const STOPS: [what: string, options: EventStreamOptions, reason: string][] = [
  ["maxAge", { maxAge: 150 }, "expired"],
  ["a drain", {}, "draining"],
];

/** P14: a stream that was cut never looks complete. */
export function brokenOffContract(adapter: Adapter): void {
  const { fetch = globalThis.fetch } = adapter;

  describe("P14: a source that fails after the head", () => {
    it("aborts the connection after what was sent, and prints nothing", async () => {
      const printed = vi.spyOn(console, "error");
      onTestFinished(() => printed.mockRestore());
      const app = await startApp(adapter, { path: "/", source: failsAfterOne });
      const reader = await app.read("/");
      expect(await within("the end", reader.ended)).toBe(false);
      expect(reader.text).toBe("retry: 3000\n\nid: 7\ndata: one\n\n");
      expect(app.reported).toEqual([BROKEN]);
      await until("onClose", () => app.closeReasons.length > 0);
      expect(app.closeReasons).toEqual(["error"]);
      expect(app.errors).toEqual([]);
      expect(printed.mock.calls).toEqual([]);
    });

    it("loses nothing that was sent before the failure, even if it is much", async () => {
      async function* source(): AsyncGenerator<string> {
        for (let i = 0; i < 30; i++) yield MUCH;
        throw BROKEN;
      }
      const app = await startApp(adapter, { path: "/", source });
      const response = await app.request("/", { headers: ACCEPT });
      await pause(100);
      const reader = new StreamReader(response);
      expect(await within("the end", reader.ended)).toBe(false);
      expect(reader.events.map((event) => event.data.length)).toEqual(Array(30).fill(MUCH.length));
    });

    it("is an error for a relay that reads the stream", async () => {
      const app = await startApp(adapter, { path: "/", source: failsAfterOne });
      const data: unknown[] = [];
      const relaying = (async () => {
        const upstream = await app.request("/", { method: "POST", headers: ACCEPT });
        for await (const message of relay(upstream)) data.push(message.data);
      })();
      await expect(within("the relay", relaying)).rejects.toMatchObject({ code: "ERR_SSE_UPSTREAM_BROKEN" });
      expect(data).toEqual(["one"]);
    });

    it("lets EventSource reconnect with the id of the last event", async () => {
      const ids: (string | undefined)[] = [];
      async function* source(stream: EventStream): ReturnType<typeof failsAfterOne> {
        ids.push(stream.lastEventId);
        yield* failsAfterOne();
      }
      const app = await startApp(adapter, { path: "/", source }, { retry: 20 });
      const client = new EventSource(`${app.url}/`, { fetch: (url, init) => fetch(url, init) });
      onTestFinished(() => client.close());
      await until("the client to reconnect", () => ids.length > 1);
      expect(ids.slice(0, 2)).toEqual([undefined, "7"]);
    });

    it("is reported to the client by describeError, and the stream ends for good", async () => {
      const app = await startApp(
        adapter,
        { path: "/", source: failsAfterOne },
        { describeError: (error) => ({ event: "failed", data: (error as Error).message }) },
      );
      const reader = await app.read("/");
      expect(await within("the end", reader.ended)).toBe(true);
      expect(reader.events.at(-1)).toEqual({ type: "failed", data: "broken", lastEventId: "7~end" });
      expect(app.reported).toEqual([BROKEN]);
      expect(app.closeReasons).toEqual(["error"]);
      const post = await app.read("/", { method: "POST", headers: { accept: "*/*" } });
      expect((await post.all()).at(-1)!.data).toBe("broken");
      expect(await post.ended).toBe(true);
    });

    it.each([
      ["returns nothing", () => undefined, 1],
      [
        "throws",
        () => {
          throw new Error("describeError");
        },
        2,
      ],
      ["returns no message", () => ({ evnt: "x" }) as never, 2],
    ] as [string, () => undefined, number][])(
      "aborts the connection when describeError %s",
      async (_what, describeError, reports) => {
        const app = await startApp(adapter, { path: "/", source: failsAfterOne, options: { describeError } });
        const reader = await app.read("/");
        expect(await within("the end", reader.ended)).toBe(false);
        expect(reader.events.map((event) => event.data)).toEqual(["one"]);
        expect(app.reported).toHaveLength(reports);
        expect(app.reported[0]).toBe(BROKEN);
      },
    );
  });

  describe.each(STOPS)("P14: a stream that is closed by %s", (what, options, reason) => {
    const stop = async (app: Awaited<ReturnType<typeof startApp>>): Promise<void> => {
      if (what === "a drain") await within("events.close()", app.events.close());
    };

    it.each(NOT_RECONNECTING)(
      "is aborted for a client %s, and its source is returned",
      async (_who, init) => {
        let returned = 0;
        async function* source({ signal }: EventStream): AsyncGenerator<string> {
          try {
            yield "one";
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
          } finally {
            returned++;
          }
        }
        const app = await startApp(adapter, { path: "/", source }, options);
        const reader = await app.read("/", init);
        await reader.untilData("one");
        await stop(app);
        expect(await within("the end", reader.ended)).toBe(false);
        await until("onClose", () => app.closeReasons.length > 0);
        expect(app.closeReasons).toEqual([reason]);
        await until("the source to be returned", () => returned === 1);
        expect(app.errors).toEqual([]);
      },
    );

    it("ends normally for any client if it has no source, because nothing is known to be missing", async () => {
      const app = await startApp(adapter, { path: "/" }, options);
      const reader = await app.read("/", { method: "POST" });
      await stop(app);
      expect(await within("the end", reader.ended)).toBe(true);
    });

    it("ends normally for EventSource, which reconnects", async () => {
      async function* source(): AsyncGenerator<string> {
        yield "one";
        await never();
      }
      const app = await startApp(adapter, { path: "/", source }, options);
      const reader = await app.read("/");
      await reader.untilData("one");
      await stop(app);
      expect(await within("the end", reader.ended)).toBe(true);
    });
  });

  describe("P14: a channel that closes before it has ended", () => {
    it.each(NOT_RECONNECTING)(
      "aborts the connection of a client %s, and ends normally for EventSource",
      async (_who, init) => {
        const channel = createChannel();
        const app = await startApp(adapter, {
          path: "/",
          onStream: (stream) => void channel.subscribe(stream),
        });
        const other = await app.read("/", init);
        const eventSource = await app.read("/");
        await channel.publish("one");
        for (const reader of [other, eventSource]) await reader.untilData("one");
        await channel.close();
        expect(await within("the end", other.ended)).toBe(false);
        expect(await within("the end", eventSource.ended)).toBe(true);
      },
    );
  });

  describe("P14: a client that is disconnected because it is slow", () => {
    it("sees an error", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(adapter, { path: "/", onStream: (opened) => (stream = opened) });
      const reader = await app.read("/");
      while (stream!.send(MUCH));
      expect(await within("closed", stream!.closed)).toBe("slow");
      expect(await within("the end", reader.ended)).toBe(false);
    });
  });

  describeIf(adapter.http === 1)("P14: on the wire, a response that is cut", () => {
    it("has no last chunk in HTTP/1.1", async () => {
      const app = await startApp(adapter, { path: "/", source: failsAfterOne });
      const client = new RawClient(app.url).request("GET", "/");
      await until("the connection to close", () => client.closed !== undefined);
      expect(parseRawResponse(client.text)).toMatchObject({ complete: false });
      expect(parseRawResponse(client.text).chunks.join("")).toContain("data: one\n\n");
    });

    it("is not reset in HTTP/1.1, because a reset may drop bytes that the client has not read", async () => {
      const app = await startApp(adapter, { path: "/", source: failsAfterOne });
      const client = new RawClient(app.url).request("GET", "/");
      await until("the connection to close", () => client.closed !== undefined);
      expect(client.closed).toBe("ended");
    });

    // nginx sends HTTP/1.0 by default.
    it("ends with a TCP reset in HTTP/1.0, where closing the connection would mean a complete response", async () => {
      const app = await startApp(adapter, { path: "/", source: failsAfterOne });
      const client = new RawClient(app.url).request("GET", "/", {}, "1.0");
      await until("the connection to close", () => client.closed !== undefined);
      expect(client.closed).toBe("ECONNRESET");
      expect(client.text).toContain("data: one\n\n");
    });

    it("ends with a TCP reset in HTTP/1.0 also when the client is too slow", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(adapter, { path: "/", onStream: (opened) => (stream = opened) });
      const client = new RawClient(app.url).request("GET", "/", {}, "1.0");
      await client.until("retry: 3000");
      while (stream!.send(MUCH));
      expect(await within("closed", stream!.closed)).toBe("slow");
      await until("the connection to close", () => client.closed !== undefined);
      expect(client.closed).toBe("ECONNRESET");
    });
  });
}
