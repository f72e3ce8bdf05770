import { EventStreamServer, type EventMessage } from "@ssekit/core";
import { describe, expect, expectTypeOf, test } from "vitest";
import { relay, type RelayedMessage } from "../src/index.js";
import { chunks, collect, collectUntilError, cuttings, utf8 } from "./support/bytes.js";
import { openStream, soon, startUpstream } from "./support/upstream.js";

describe("the relayed events", () => {
  test("event types, ids, unknown events and the lines of data are unchanged", async () => {
    const upstream = chunks("event: x-unknown\nid: 7\ndata: one\ndata:  two\ndata\n\n", "data: three\n\n");
    expect(await collect(relay(upstream))).toEqual([
      { event: "x-unknown", id: "7", data: "one\n two\n" },
      { data: "three" },
    ]);
  });

  test("comments and retry are dropped", async () => {
    const upstream = chunks(": hello\n\nretry: 5\n\n: more\nretry: 9\ndata: x\n\n");
    expect(await collect(relay(upstream))).toEqual([{ data: "x" }]);
  });

  test("the id of a block without data is given to the next event", async () => {
    const upstream = chunks(
      "id: 1\n\nid: 2\n\ndata: a\n\ndata: b\n\nid: 3\n\nid: 4\ndata: c\n\nid\n\ndata: d\n\n",
    );
    expect(await collect(relay(upstream))).toEqual([
      { id: "2", data: "a" },
      { data: "b" },
      { id: "4", data: "c" },
      { id: "", data: "d" },
    ]);
  });

  test("the characters of a BOM that was read as Latin-1 are not removed", async () => {
    expect(await collect(relay(chunks("ï»¿data: ignored\n\ndata: ï»¿\n\n")))).toEqual([{ data: "ï»¿" }]);
    expect(await collect(relay(chunks("\uFEFFï»¿data: ignored\n\ndata: x\n\n")))).toEqual([{ data: "x" }]);
  });

  test("invalid UTF-8 becomes U+FFFD", async () => {
    const upstream = chunks("data: ", Uint8Array.of(0xe6, 0x9c, 0x20, 0xff), "\n\n");
    expect(await collect(relay(upstream))).toEqual([{ data: "\uFFFD \uFFFD" }]);
  });

  test("the data of a message has the type string", () => {
    expectTypeOf(relay(chunks()).next()).resolves.toExtend<IteratorResult<EventMessage>>();
    expectTypeOf<RelayedMessage["data"]>().toEqualTypeOf<string>();
  });
});

describe("when the answer is complete", () => {
  test.each(["", ": comment\n", ": comment", "\n\n", "id: 5\n\n"])(
    "a clean end of the upstream after a whole block completes it: %j",
    async (rest) => {
      expect(await collect(relay(chunks(`data: a\n\n${rest}`)))).toEqual([{ data: "a" }]);
    },
  );

  test.each(["d", "data: unfinished", "data: unfinished\n", "event: x\r\n", "\u5e8a"])(
    "P14: an end in the middle of a block is an error, for any cutting, after the events before: %j",
    async (rest) => {
      for (const parts of cuttings(utf8(`\uFEFFdata: a\r\n\r\n${rest}`))) {
        const { messages, error } = await collectUntilError(relay(chunks(...parts)));
        expect(messages).toEqual([{ data: "a" }]);
        expect(error).toMatchObject({ name: "SseError", code: "ERR_SSE_UPSTREAM_INCOMPLETE" });
      }
    },
  );

  test("P14: an end inside a character is an error", async () => {
    const upstream = chunks("data: a\n\n", utf8("\u5e8a").subarray(0, 2));
    expect(await collectUntilError(relay(upstream))).toMatchObject({
      messages: [{ data: "a" }],
      error: { code: "ERR_SSE_UPSTREAM_INCOMPLETE" },
    });
  });

  test("an upstream that is empty, or has only a byte order mark, is complete", async () => {
    expect(await collect(relay(chunks()))).toEqual([]);
    expect(await collect(relay(chunks("\uFEFF")))).toEqual([]);
  });

  test("doneOn ends it at the event with exactly this data", async () => {
    const upstream = chunks("data: a\n\ndata: [DONE] \n\n", "data: [DONE]\n\ndata: b\n\n");
    expect(await collect(relay(upstream, { doneOn: "[DONE]" }))).toEqual([
      { data: "a" },
      { data: "[DONE] " },
    ]);
  });

  test("doneOn as a function sees the event", async () => {
    const upstream = chunks("data: a\n\nevent: message_stop\nid: 9\ndata: b\n\ndata: c\n\n");
    const seen: RelayedMessage[] = [];
    const doneOn = (message: EventMessage): boolean => {
      seen.push(message as RelayedMessage);
      return message.event === "message_stop";
    };
    expect(await collect(relay(upstream, { doneOn }))).toEqual([{ data: "a" }]);
    expect(seen).toEqual([{ data: "a" }, { event: "message_stop", id: "9", data: "b" }]);
  });

  test("forwardDone relays the event that completes it", async () => {
    const upstream = chunks("data: a\n\ndata: [DONE]\n\ndata: b\n\n");
    expect(await collect(relay(upstream, { doneOn: "[DONE]", forwardDone: true }))).toEqual([
      { data: "a" },
      { data: "[DONE]" },
    ]);
  });

  test("an upstream that ends without doneOn is an error, after its events", async () => {
    const { messages, error } = await collectUntilError(relay(chunks("data: a\n\n"), { doneOn: "[DONE]" }));
    expect(messages).toEqual([{ data: "a" }]);
    expect(error).toMatchObject({ name: "SseError", code: "ERR_SSE_UPSTREAM_INCOMPLETE" });
  });

  test("an error of doneOn rejects next(), after the events before", async () => {
    const mistake = new Error("not JSON");
    const doneOn = ({ data }: RelayedMessage): boolean => {
      if (data === "b") throw mistake;
      return false;
    };
    const { messages, error } = await collectUntilError(relay(chunks("data: a\n\ndata: b\n\n"), { doneOn }));
    expect(messages).toEqual([{ data: "a" }]);
    expect(error).toBe(mistake);
  });

  test("the start event of a `once` stream is dropped", async () => {
    const text = "event: start\nid: ~start\ndata:\n\nid: 1\ndata: a\n\n";
    expect(await collect(relay(chunks(text)))).toEqual([{ data: "a", id: "1" }]);
  });

  test("an id that ends in ~end completes it, and is not relayed", async () => {
    const text = "data: a\n\nevent: end\nid: 5~end\ndata: bye\n\ndata: b\n\n";
    expect(await collect(relay(chunks(text), { doneOn: "[DONE]" }))).toEqual([{ data: "a" }]);
    expect(await collect(relay(chunks(text), { forwardDone: true }))).toEqual([
      { data: "a" },
      { event: "end", data: "bye" },
    ]);
  });

  test("the finished stream of another ssekit server completes it", async () => {
    const events = new EventStreamServer();
    const request = new Request("http://upstream.test/", { headers: { accept: "text/event-stream" } });
    const response = await events.respond(request, [{ event: "token", data: "床前" }, { data: { n: 1 } }]);
    expect(await collect(relay(response, { doneOn: "never" }))).toEqual([
      { event: "token", data: "床前" },
      { data: '{"n":1}' },
    ]);
  });
});

describe("the iterator", () => {
  test("answers next() calls in the order in which they were made", async () => {
    const relayed = relay(chunks("data: 1\n\ndata: 2\n\n", "", "data: 3\n\n"));
    const results = await Promise.all(Array.from({ length: 5 }, () => relayed.next()));
    expect(results.map(({ value }) => (value as RelayedMessage | undefined)?.data)).toEqual([
      "1",
      "2",
      "3",
      undefined,
      undefined,
    ]);
    expect(results.map(({ done }) => done)).toEqual([false, false, false, true, true]);
  });

  test("is done after an error, which rejects only one of several next() calls", async () => {
    const relayed = relay(chunks("data: 1\n\n"), { doneOn: "[DONE]" });
    const results = await Promise.allSettled([relayed.next(), relayed.next(), relayed.next()]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await relayed.next()).toEqual({ value: undefined, done: true });
  });

  test("reads a chunk only when next() needs one", async () => {
    let pulled = 0;
    const upstream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled += 1;
          controller.enqueue(utf8(`data: ${pulled}a\n\ndata: ${pulled}b\n\n`));
        },
      },
      { highWaterMark: 0 },
    );
    const relayed = relay(upstream);
    expect(pulled).toBe(0);
    await relayed.next();
    await relayed.next();
    expect(pulled).toBe(1);
    await relayed.next();
    expect(pulled).toBe(2);
    await relayed.return?.();
  });

  test("reads one chunk at a time, however many next() calls wait", async () => {
    let reading = 0;
    const upstream = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          reading += 1;
          expect(reading).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, 1));
          reading -= 1;
          return { value: utf8(": nothing\n\ndata: x\n\n"), done: false };
        },
      }),
    };
    const relayed = relay(upstream);
    expect(await Promise.all([relayed.next(), relayed.next(), relayed.next()])).toHaveLength(3);
    await relayed.return?.();
  });

  test("is its own iterator, and a second loop continues where the first one stopped", async () => {
    const relayed = relay(chunks("data: 1\n\ndata: 2\n\n"));
    expect(relayed[Symbol.asyncIterator]()).toBe(relayed);
    expect(await relayed.next()).toEqual({ value: { data: "1" }, done: false });
    expect(await collect(relayed)).toEqual([{ data: "2" }]);
  });
});

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe("a wrong upstream or option is refused:", () => {
  const head = { headers: { "content-type": "text/event-stream" } };

  const used = new Response("data: x\n\n", head);
  const partlyRead = new Response("data: x\n\n", head);
  const locked = new Response("data: x\n\n", head);
  locked.body?.getReader();

  test.each([
    ["a string", "data: x\n\n", "relay(await fetch(url))"],
    ["a URL", new URL("http://127.0.0.1/"), "relay(await fetch(url))"],
    ["a Request", new Request("http://127.0.0.1/"), "relay(await fetch(request))"],
    ["nothing", undefined, "got undefined"],
    ["a promise of a Response", Promise.resolve(used), "await it first: relay(await fetch(url))"],
    ["an array", [utf8("data: x\n\n")], "got an object (Array)"],
    ["bytes", utf8("data: x\n\n"), "new Response(bytes).body"],
    ["a function", () => used, "call it"],
    ["a Response without a body", new Response(null, head), "without a body"],
    ["a Response that was read", used, "already read"],
    ["a Response that was read in part", partlyRead, "already read"],
    ["a Response with a reader", locked, "already read"],
    ["a stream with a reader", locked.body, "already read"],
    ["an answer of axios", { status: 200, headers: new Headers(), data: "" }, "response.data"],
    ["an answer of undici's request", { statusCode: 200, headers: {}, body: chunks() }, "response.body"],
  ] as [string, unknown, string][])("%s is refused, with what to do", async (_, upstream, hint) => {
    if (!used.bodyUsed) await used.text();
    if (!partlyRead.bodyUsed) {
      const reader = partlyRead.body!.getReader();
      await reader.read();
      reader.releaseLock();
    }
    expect(thrownBy(() => relay(upstream as never))).toMatchObject({
      code: "ERR_SSE_INVALID_SOURCE",
      message: expect.stringContaining(hint),
    });
  });

  test("a fetch that was not awaited is cancelled, whether it answers or fails", async () => {
    const upstream = await startUpstream((_request, response) => openStream(response));
    const answers = fetch(upstream.url);
    expect(thrownBy(() => relay(answers as never))).toMatchObject({ code: "ERR_SSE_INVALID_SOURCE" });
    await soon(upstream.left, "the upstream to see it");
    const fails = Promise.reject(new TypeError("fetch failed")); // an unhandled rejection would fail this file
    expect(thrownBy(() => relay(fails as never))).toMatchObject({ code: "ERR_SSE_INVALID_SOURCE" });
    await new Promise((turn) => setImmediate(turn));
  });

  test("an upstream of objects, such as an SDK's stream, is refused when it is read", async () => {
    async function* sdk() {
      yield { choices: [] };
    }
    const { error } = await collectUntilError(relay(sdk() as never));
    expect(error).toMatchObject({
      code: "ERR_SSE_INVALID_SOURCE",
      message: expect.stringContaining("toMessage"),
    });
  });

  test("an upstream of text is refused when it is read", async () => {
    const text = new ReadableStream({ start: (controller) => controller.enqueue("data: x\n\n") });
    const { error } = await collectUntilError(relay(text));
    expect(error).toMatchObject({
      code: "ERR_SSE_INVALID_SOURCE",
      message: expect.stringContaining("Uint8Array"),
    });
  });

  test.each([
    { doneOn: 5 },
    { doneOn: /DONE/ },
    { maxEventBytes: 0 },
    { maxEventBytes: NaN },
    { maxEventBytes: "1MB" },
    { signal: new AbortController() },
    { signal: null },
    { forwardDone: "yes" },
    { doneon: "[DONE]" },
  ])("the option %o is refused, and the upstream stays free", (options) => {
    const upstream = new ReadableStream<Uint8Array>();
    const error = thrownBy(() => relay(upstream, options as never));
    expect(error).toMatchObject({
      code: "ERR_SSE_INVALID_OPTION",
      message: expect.stringContaining(Object.keys(options)[0] ?? ""),
    });
    expect(upstream.locked).toBe(false);
  });
});
