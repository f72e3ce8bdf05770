import { EventEmitter } from "node:events";
import type { EventStream, EventStreamOptions, Source } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { itIf } from "../support/applies-if.js";
import { ACCEPT, startApp } from "../support/start-app.js";

const BAD_SOURCES: Record<string, [source: unknown, advice: string]> = {
  "a string": ["text", "use [text]"],
  "the options": [{ once: true }, "options are the second argument"],
  "a number": [5, "got number 5"],
  null: [null, "got null"],
  "a promise": [Promise.resolve(["x"]), "await it first"],
  "a fetch response": [new Response("x"), "relay(response)"],
  "an Observable": [{ subscribe() {}, pipe() {} }, "observable.subscribe"],
  "an EventEmitter": [new EventEmitter(), "emitter.on"],
};

const BAD_ITEMS: Record<string, [item: unknown, advice: string]> = {
  "a byte stream": [new Uint8Array([100, 97]), "relay"],
  "an SDK's stream of objects": [{ id: "1", object: "chunk", choices: [] }, "toMessage"],
};

const BAD_OPTIONS: Record<string, unknown> = {
  "an unknown option": { hearbeat: 1000 },
  "a wrong type": { retry: "3000" },
  "a value out of range": { maxAge: -1 },
  "an option of the server": { maxStreams: 5 },
  "a header with a line end": { headers: { "x-a": "b\r\nx-c: d" } },
};

const BAD_MESSAGES: [what: string, message: unknown, code: string][] = [
  ["an unknown field", { evnt: "x" }, "ERR_SSE_INVALID_FIELD"],
  ["an event with a line end", { event: "a\nb" }, "ERR_SSE_INVALID_FIELD"],
  ["a reserved id", { id: "7~end", data: "" }, "ERR_SSE_INVALID_FIELD"],
  ["no message", 5, "ERR_SSE_INVALID_FIELD"],
  ["a message without a field", {}, "ERR_SSE_INVALID_FIELD"],
  ["a message whose fields are all undefined", { data: undefined }, "ERR_SSE_INVALID_FIELD"],
  ["an error as the message", new Error("no"), "ERR_SSE_INVALID_FIELD"],
  ["a Map as the message", new Map([["data", "x"]]), "ERR_SSE_INVALID_FIELD"],
  ["a promise as the message", Promise.resolve("x"), "ERR_SSE_INVALID_FIELD"],
  ["an error as data", { data: new Error("no") }, "ERR_SSE_INVALID_DATA"],
  ["a promise as data", { data: Promise.resolve("x") }, "ERR_SSE_INVALID_DATA"],
  ["bytes as data", { data: new Uint8Array(3) }, "ERR_SSE_INVALID_DATA"],
];

/** A mistake of the programmer gets an error that names the mistake. */
export function mistakesContract(adapter: Adapter): void {
  describe("a mistake of the program", () => {
    it.each(Object.keys(BAD_SOURCES))("is %s as the source", async (kind) => {
      const [source, advice] = BAD_SOURCES[kind]!;
      const app = await startApp(adapter, { path: "/", source: source as Source });
      expect((await app.request("/", { headers: ACCEPT })).status).toBe(500);
      const message: unknown = expect.stringContaining(advice);
      expect(app.errors).toMatchObject([{ code: "ERR_SSE_INVALID_SOURCE", message }]);
      expect(app.events.streams.size).toBe(0);
    });

    it.each(Object.keys(BAD_ITEMS))("is %s as the source", async (kind) => {
      const [item, advice] = BAD_ITEMS[kind]!;
      const source = new ReadableStream({ start: (controller) => controller.enqueue(item) });
      const app = await startApp(adapter, { path: "/", source });
      expect((await app.request("/", { headers: ACCEPT })).status).toBe(500);
      expect(app.errors).toMatchObject([{ message: expect.stringContaining(advice) }]);
    });

    it.each(Object.keys(BAD_OPTIONS))("is %s", async (kind) => {
      const options = BAD_OPTIONS[kind] as EventStreamOptions;
      const app = await startApp(adapter, { path: "/", source: ["one"], options });
      expect((await app.request("/", { headers: ACCEPT })).status).toBe(500);
      expect(app.errors).toMatchObject([{ code: "ERR_SSE_INVALID_OPTION" }]);
      expect(app.events.streams.size).toBe(0);
    });

    it("is a second argument of send, even if forEach passes it", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(adapter, { path: "/", onStream: (opened) => (stream = opened) });
      const reader = await app.read("/");
      const send = stream!.send as (...given: unknown[]) => boolean;
      const refusal = { code: "ERR_SSE_INVALID_FIELD", message: expect.stringContaining("one argument") };
      for (const mistake of [
        () => send.call(stream, "tick", { now: 5 }),
        () => send.call(stream, "one", undefined),
        () => ["one", "two"].forEach(send, stream),
      ]) {
        expect(catchError(mistake)).toMatchObject(refusal);
      }
      stream!.end();
      expect(await reader.allData()).toEqual([]);
    });

    it.each(BAD_MESSAGES)(
      "is to send %s: nothing is sent and the stream stays open",
      async (_what, message, code) => {
        let stream: EventStream | undefined;
        const app = await startApp(adapter, { path: "/", onStream: (opened) => (stream = opened) });
        const reader = await app.read("/");
        expect(() => stream!.send(message as string)).toThrow(
          expect.objectContaining({ name: "SseError", code }),
        );
        stream!.send("one");
        stream!.close();
        expect(await reader.allData()).toEqual(["one"]);
      },
    );

    it("is a function that returns a value that is not a source: the framework gets the error", async () => {
      const source = (() => Promise.resolve("text")) as unknown as Source;
      const app = await startApp(adapter, { path: "/", source });
      expect((await app.request("/", { headers: ACCEPT })).status).toBe(500);
      expect(app.errors).toMatchObject([{ code: "ERR_SSE_INVALID_SOURCE" }]);
    });

    it("is to open a second stream: the first stream stays open", async () => {
      let stream: EventStream | undefined;
      const onStream = (opened: EventStream): void => void (stream = opened);
      const app = await startApp(adapter, { path: "/", onStream, misuse: "open twice" });
      const reader = await app.read("/");
      expect(app.errors).toMatchObject([{ code: "ERR_SSE_ALREADY_OPEN" }]);
      stream!.send("one");
      await reader.untilData("one");
    });

    itIf(!adapter.returnsResponse)(
      "is to open a stream after the response was sent: the response is not changed",
      async () => {
        const app = await startApp(adapter, { path: "/", misuse: "open after the answer" });
        const response = await app.request("/");
        expect(response.headers.get("content-type") ?? "").not.toContain("event-stream");
        expect(app.errors).toMatchObject([{ code: "ERR_SSE_HEADERS_SENT" }]);
        expect(app.events.streams.size).toBe(0);
      },
    );
  });
}

function catchError(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
