import type { EventMessage, EventStream, Source } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { describeIf } from "../support/applies-if.js";
import { RawClient } from "../clients/raw-client.js";
import { startApp } from "../support/start-app.js";
import { createGate, pause, within } from "../support/within.js";

// The mark of a subscription to a channel, which is the same in every copy of ssekit.
const SUBSCRIPTION = Symbol.for("ssekit.subscription/1");
const TEN = Array.from({ length: 10 }, (_, index) => String(index));

function* generate(): Generator<string> {
  yield* TEN;
}

async function* generateAsync(): AsyncGenerator<string> {
  yield* TEN;
}

async function* generateSlowly(): AsyncGenerator<string> {
  for (const item of TEN) {
    await pause(1);
    yield item;
  }
}

function readable(): ReadableStream<string> {
  return new ReadableStream({
    start(controller) {
      for (const item of TEN) controller.enqueue(item);
      controller.close();
    },
  });
}

const SOURCES: Record<string, () => Source> = {
  "an array": () => TEN,
  "a set of messages": () => new Set<EventMessage>(TEN.map((data) => ({ data }))),
  "a generator": () => generate(),
  "an async generator": () => generateAsync(),
  "an async generator that waits": () => generateSlowly(),
  "a ReadableStream": () => readable(),
  "a function that returns an array": () => () => TEN,
  "a generator function": () => generate,
  "an async generator function": () => generateAsync,
  "a function that returns a ReadableStream": () => readable,
  "a function that returns a promise of an async generator": () => async () => generateAsync(),
};

/** The kinds of sources, and how they are sent. */
export function sourcesContract(adapter: Adapter): void {
  describe("a source", () => {
    it.each(Object.keys(SOURCES))(
      "may be %s: its items are sent in order and then the stream ends",
      async (kind) => {
        const app = await startApp(adapter, { path: "/", source: SOURCES[kind]!() });
        const reader = await app.read("/");
        expect(await reader.allData()).toEqual(TEN);
        expect(reader.events.at(-1)).toEqual({ type: "end", data: "", lastEventId: "~end" });
        expect(app.closeReasons).toEqual(["ended"]);
        expect(app.reported).toEqual([]);
      },
    );

    it("that is a function gets the stream, which ends when the function's promise resolves with undefined", async () => {
      const source = async (stream: EventStream): Promise<void> => {
        stream.send("one");
        await pause(1);
        stream.send("two");
      };
      const app = await startApp(adapter, { path: "/", source });
      const reader = await app.read("/");
      expect(await reader.allData()).toEqual(["one", "two"]);
      expect(reader.events.at(-1)!.type).toBe("end");
    });

    it("that is a synchronous function without a result leaves the stream open", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(adapter, { path: "/", source: (opened) => void (stream = opened) });
      const reader = await app.read("/");
      expect(stream!.send("later")).toBe(true);
      await reader.take(1);
      expect(app.events.streams.size).toBe(1);
      stream!.close();
      expect(await reader.allData()).toEqual(["later"]);
      expect(app.closeReasons).toEqual(["closed"]);
    });

    it("is converted by toMessage of its stream", async () => {
      const source = [1, 2] as unknown as Source;
      const options = { toMessage: (n: number) => ({ event: "number", data: { n } }) };
      const app = await startApp(adapter, { path: "/", source, options });
      const reader = await app.read("/");
      expect(await reader.allData()).toEqual(['{"n":1}', '{"n":2}']);
      expect(reader.events.map(({ type }) => type)).toEqual(["number", "number", "end"]);
    });

    it.each([
      ["returns", (value: unknown) => () => value],
      ["resolves to", (value: unknown) => () => Promise.resolve(value)],
    ])("that is a function which %s a subscription leaves the stream open", async (_how, give) => {
      const streams: EventStream[] = [];
      const subscription = { unsubscribe() {}, [SUBSCRIPTION]: true };
      const source = give(subscription) as Source;
      const app = await startApp(adapter, {
        path: "/",
        source,
        onStream: (stream) => void streams.push(stream),
      });
      const reader = await app.read("/");
      expect(await streams[0]!.sendAll(give(subscription) as Source)).toBe(true);
      await pause(50);
      streams[0]!.send("later");
      await reader.untilData("later");
      expect(app.reported).toEqual([]);
    });

    it("of sendAll is converted by toMessage, and does not end the stream", async () => {
      const gate = createGate();
      const source = async (stream: EventStream): Promise<void> => {
        const sent = await stream.sendAll([1, 2], (n) => ({ event: "number", data: { n } }));
        stream.send(`sent: ${sent}`);
        await gate.opened;
      };
      const app = await startApp(adapter, { path: "/", source });
      const reader = await app.read("/");
      const events = await reader.take(3);
      expect(events.map(({ type, data }) => [type, data])).toEqual([
        ["number", '{"n":1}'],
        ["number", '{"n":2}'],
        ["message", "sent: true"],
      ]);
      gate.open();
      await reader.all();
    });

    it("of sendAll that fails makes sendAll reject, without an unhandled rejection, and leaves the stream open", async () => {
      const broken = new Error("broken");
      async function* fail(): AsyncGenerator<string> {
        yield "one";
        throw broken;
      }
      const source = async (stream: EventStream): Promise<void> => {
        void stream.sendAll(fail());
        const error: unknown = await stream.sendAll(fail()).catch((reason: unknown) => reason);
        stream.send(`${error === broken}`);
      };
      const app = await startApp(adapter, { path: "/", source });
      const reader = await app.read("/");
      expect(await within("the data", reader.allData())).toEqual(["one", "one", "true"]);
    });
  });

  describeIf(adapter.http === 1)("one write", () => {
    const kinds = ["an array", "a generator function", "an async generator function", "a ReadableStream"];
    it.each(kinds)("contains the ten items that %s yields in one turn", async (kind) => {
      const app = await startApp(adapter, { path: "/", source: SOURCES[kind]!() });
      const client = new RawClient(app.url).request("GET", "/");
      const { chunks } = await client.response();
      const withItems = chunks.filter((chunk) => /data: \d/.test(chunk));
      expect(withItems).toHaveLength(1);
      expect(withItems[0]).toContain(TEN.map((item) => `data: ${item}\n\n`).join(""));
    });

    it("contains everything that the program sends in one turn of the event loop", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(adapter, { path: "/", onStream: (opened) => (stream = opened) });
      const client = new RawClient(app.url).request("GET", "/");
      await client.until("retry: 3000");
      for (let turn = 0; turn < 3; turn++) {
        for (let i = 0; i < 10; i++) stream!.send(`${turn}.${i}`);
        await client.until(`data: ${turn}.9\n\n`);
      }
      stream!.close();
      const { chunks } = await client.response();
      expect(chunks.filter((chunk) => chunk.includes("data:"))).toHaveLength(3);
    });
  });
}
