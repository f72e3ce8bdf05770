import type { EventStream, Source } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { describeIf } from "../support/applies-if.js";
import { RawClient } from "../clients/raw-client.js";
import { ACCEPT, startApp, type TestApp } from "../support/start-app.js";
import { startUpstream } from "../support/start-upstream.js";
import { createGate, never, until, within } from "../support/within.js";

/** When the client leaves: what the upstream has sent until then, and what part of it the client has received. */
const MOMENTS: { moment: string; said: string | undefined; arrived(text: string): boolean }[] = [
  { moment: "before the first byte", said: undefined, arrived: () => true },
  {
    moment: "in the middle of an event",
    said: "x".repeat(32 << 20),
    arrived: (text) => text.includes("data: x"),
  },
  { moment: "while idle", said: "hello", arrived: (text) => text.includes("data: hello\n\n") },
];

/** P10: when the client leaves, the source is stopped at once. */
export function departureContract(adapter: Adapter): void {
  async function leave(
    app: TestApp,
    arrived: (text: string) => boolean,
    ready: () => boolean,
  ): Promise<void> {
    const client = new AbortController();
    const { fetch = globalThis.fetch } = adapter;
    const answer = fetch(`${app.url}/`, { headers: ACCEPT, signal: client.signal });
    answer.catch(() => {}); // aborted below
    await until("the source to wait", ready);
    if (!arrived("")) {
      const reader = (await within("the head", answer))
        .body!.pipeThrough(new TextDecoderStream())
        .getReader();
      for (let text = ""; !arrived(text);) text += (await within("the text", reader.read())).value;
      reader.closed.catch(() => {});
    }
    client.abort();
  }

  describe("P10: when the client leaves", () => {
    it.each(MOMENTS)("$moment, a fetch with the source's signal ends", async ({ said, arrived }) => {
      const upstream = await startUpstream(said);
      const streams: EventStream[] = [];
      async function* source(stream: EventStream): AsyncGenerator<string> {
        streams.push(stream);
        const response = await fetch(upstream.url, { signal: stream.signal });
        const decoder = new TextDecoder();
        let text = "";
        for await (const chunk of response.body!) {
          text += decoder.decode(chunk, { stream: true });
          if (text.length < said!.length) continue;
          yield text;
        }
      }
      const app = await startApp(adapter, { path: "/", source });
      await leave(app, arrived, () => upstream.responses.length === 1);
      await until("upstream to see it", () => upstream.aborted === 1);
      const { signal, closed } = streams[0]!;
      expect(signal.aborted).toBe(true);
      expect(signal.reason).toMatchObject({ name: "AbortError", cause: "client" });
      expect(await within("closed", closed)).toBe("client");
      await until("no stream", () => app.events.streams.size === 0);
      expect(streams[0]!.send("late")).toBe(false);
      expect(app.errors).toEqual([]);
      expect(app.reported).toEqual([]);
    });

    const pending: Record<string, (returned: () => void) => Source> = {
      "an async iterator is returned": (returned) => ({
        [Symbol.asyncIterator]: () => ({
          next: never,
          return: () => {
            returned();
            return Promise.resolve({ done: true as const, value: undefined });
          },
        }),
      }),
      "a ReadableStream is cancelled": (returned) => () =>
        new ReadableStream({ pull: never, cancel: returned }, { highWaterMark: 0 }),
      "an async generator that listens to the signal runs its finally": (returned) =>
        async function* (stream) {
          try {
            await new Promise((resolve) => stream.signal.addEventListener("abort", resolve));
            yield "late";
          } finally {
            returned();
          }
        },
    };
    it.each(Object.keys(pending))("%s, even if it is waiting for an item", async (kind) => {
      let returned = 0;
      let streams = 0;
      const source = pending[kind]!(() => returned++);
      const app = await startApp(adapter, {
        path: "/",
        source: (stream) => {
          streams++;
          return typeof source === "function" ? source(stream) : source;
        },
      });
      await leave(
        app,
        () => true,
        () => streams === 1,
      );
      await until("the source to be returned", () => returned === 1);
      await until("no stream", () => app.events.streams.size === 0);
      expect(app.reported).toEqual([]);
    });

    it("an endless source is returned in the middle of sending", async () => {
      let returned = 0;
      function* source(): Generator<string> {
        try {
          for (;;) yield "x".repeat(1000);
        } finally {
          returned++;
        }
      }
      const app = await startApp(adapter, { path: "/", source });
      await leave(
        app,
        (text) => text.includes("data: x"),
        () => true,
      );
      await until("the source to be returned", () => returned === 1);
      expect(app.closeReasons).toEqual(["client"]);
    });
  });

  describeIf(adapter.http === 1)("P10: when the connection", () => {
    it.each(["ends", "is destroyed", "is reset"])("%s, the stream closes with reason client", async (how) => {
      const app = await startApp(adapter, { path: "/" });
      const client = new RawClient(app.url).request("GET", "/");
      await client.until("retry: 3000");
      if (how === "ends") client.socket.end();
      else if (how === "is reset") client.socket.resetAndDestroy();
      else client.socket.destroy();
      await until("onClose", () => app.closeReasons.length > 0);
      expect(app.closeReasons).toEqual(["client"]);
      expect(app.events.streams.size).toBe(0);
      expect(app.reported).toEqual([]);
    });

    it.each(["ends", "is destroyed", "is reset"])(
      "%s, the stream closes with reason client even if nobody reads the request's body",
      async (how) => {
        const app = await startApp(adapter, { path: "/" });
        const body = "x".repeat(300_000);
        const client = new RawClient(app.url);
        client.request("POST", "/", { "content-length": String(body.length), accept: "text/event-stream" });
        client.socket.write(body);
        await client.until("retry: 3000");
        if (how === "ends") client.socket.end();
        else if (how === "is reset") client.socket.resetAndDestroy();
        else client.socket.destroy();
        await until("onClose", () => app.closeReasons.length > 0, 5_000);
        expect(app.closeReasons).toEqual(["client"]);
        expect([app.errors, app.reported]).toEqual([[], []]);
      },
    );

    it("is closed before the stream opened, no stream opens and nothing is thrown", async () => {
      const gate = createGate();
      let started = 0;
      let entered = false;
      const streams: EventStream[] = [];
      const before = (): Promise<void> => ((entered = true), gate.opened);
      const app = await startApp(adapter, [
        { path: "/", before, onStream: (stream) => void streams.push(stream) },
        { path: "/source", before, source: () => void started++ },
      ]);
      for (const path of ["/", "/source"]) {
        entered = false;
        const client = new RawClient(app.url).request("GET", path);
        await until("the handler", () => entered);
        client.socket.destroy();
      }
      await until("the server to see it", () => app.connections === 0);
      gate.open();
      await until("both handlers to be done", () => app.events.streams.size === 0);
      for (const stream of streams) {
        expect(await within("closed", stream.closed)).toBe("client");
        expect(stream.signal.aborted).toBe(true);
        expect(stream.send("late")).toBe(false);
      }
      expect([started, app.errors, app.reported, app.closeReasons]).toEqual([0, [], [], []]);
    });
  });
}
