import { describe, expect, test } from "vitest";
import { readEvents } from "../src/index.js";
import { answer, closeServers, connections, listen, openStream, soon, urlOf } from "./support/servers.js";

const event = (data: string, type = "message", lastEventId = "") => ({ type, data, lastEventId });

function streamOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
    },
  });
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.each(connections)("from %s", (_, connect) => {
  test("the stack of an error names the function that has called readEvents", async () => {
    const { from } = await connect(openStream("data: a\n\n"));
    const checkTheClock = (): Promise<unknown> => readEvents(from, 2, { timeout: 50 });
    const error: unknown = await checkTheClock().catch((error: unknown) => error);
    expect((error as Error).stack).toMatch(
      /^SseError: Expected 2 events within 50 ms, got .*\n[^]*\n +at checkTheClock /,
    );
  });

  test("so does the stack of an error that shows an unexpected response", async () => {
    const { from } = await connect(answer((response) => void response.writeHead(404).end()));
    const checkTheClock = (): Promise<unknown> => readEvents(from, 2);
    const error: unknown = await checkTheClock().catch((error: unknown) => error);
    expect((error as Error).stack).toMatch(/\n +at checkTheClock /);
  });

  test("reads a number of events of a stream that does not end, and closes the connection", async () => {
    const listener = openStream(
      "retry: 3000\n\n: hello\n\nid: 1\nevent: tick\ndata: 床前\n\n",
      "data: b\n\ndata: c\n\n",
    );
    const { from } = await connect(listener);
    expect(await readEvents(from, 2)).toEqual([event("床前", "tick", "1"), event("b", "message", "1")]);
    await soon(listener.left, "the server to see it");
  });

  test("a stream that ends too early causes an error that shows the events that arrived", async () => {
    const listener = answer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end("data: a\n\ndata: unfin");
    });
    const { from } = await connect(listener);
    await expect(soon(readEvents(from, 2), "the error")).rejects.toMatchObject({
      name: "SseError",
      code: "ERR_SSE_STREAM_ENDED",
      events: [event("a")],
      message:
        "Expected 2 events, but the stream ended after 1 event" +
        '\n  {"type":"message","data":"a","lastEventId":""}\n  unfinished: "data: unfin"',
    });
  });

  test("a stream that breaks off causes the same error, with its cause", async () => {
    const listener = answer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: a\n\n", () => response.destroy());
    });
    const { from } = await connect(listener);
    await expect(soon(readEvents(from, 2), "the error")).rejects.toMatchObject({
      code: "ERR_SSE_STREAM_ENDED",
      message: expect.stringMatching(/^Expected 2 events, but the stream broke off \(.+\) after 1 event\n/),
      cause: expect.any(Error),
    });
  });

  test("an error of until is passed on, and the connection is closed", async () => {
    const listener = openStream("data: a\n\n");
    const { from } = await connect(listener);
    const mistake = new Error("no such field");
    const until = (): boolean => {
      throw mistake;
    };
    await expect(soon(readEvents(from, until), "the error")).rejects.toBe(mistake);
    await soon(listener.left, "the server to see it");
  });
});

test("a time-out shows the events that arrived, and closes each kind of connection", async () => {
  const attempts = connections.map(async ([kind, connect]) => {
    const listener = openStream("id: 7\ndata: a\n\n: ping\n\ndata: b\r\nda");
    const { from } = await connect(listener);
    const error: unknown = await soon(
      readEvents(from, 3, { timeout: 1500 }).catch((reason: unknown) => reason),
      "the error",
    );
    expect({ kind, error }).toMatchObject({
      kind,
      error: {
        code: "ERR_SSE_TIMEOUT",
        events: [event("a", "message", "7")],
        message:
          "Expected 3 events within 1500 ms, got 1 event" +
          '\n  {"type":"message","data":"a","lastEventId":"7"}\n  unfinished: "data: b\\r\\nda"',
      },
    });
    await soon(listener.left, "the server to see it");
  });
  await Promise.all(attempts);
});

const withHead = connections.filter(([kind]) => kind !== "the body of a Response");

test.each(withHead)(
  "from %s: a response that is no event stream shows itself, and is left",
  async (_, connect) => {
    const listener = answer((response) => {
      response.writeHead(500, { "content-type": "text/plain", "x-hint": "look" });
      response.write("TypeError: tick is not a function"); // and the response does not end
    });
    const { from } = await connect(listener);
    const error: unknown = await soon(
      readEvents(from, 1).catch((reason: unknown) => reason),
      "the error",
    );
    expect(error).toMatchObject({
      code: "ERR_SSE_UNEXPECTED_RESPONSE",
      response: { status: 500, headers: { "x-hint": "look" }, body: "TypeError: tick is not a function" },
    });
    expect((error as Error).message).toMatch(
      /^Expected status 200 and Content-Type text\/event-stream, got status 500 and text\/plain:\n/,
    );
    expect((error as Error).message).toMatch(/x-hint: look(\n.*)*\n\nTypeError: tick is not a function$/);
    await soon(listener.left, "the server to see it");
  },
);

describe("the events", () => {
  test("are those up to the one that made them enough, also when more came with it", async () => {
    const events = await readEvents(streamOf(utf8("data: a\n\ndata: b\n\ndata: c\n\n")), 2);
    expect(events).toEqual([event("a"), event("b")]);
  });

  test("may be selected by a function of the events so far", async () => {
    const sizes: number[] = [];
    const events = await readEvents(streamOf(utf8("data: a\n\ndata: [DONE]\n\ndata: c\n\n")), (soFar) => {
      sizes.push(soFar.length);
      return soFar.at(-1)?.data === "[DONE]";
    });
    expect(events).toEqual([event("a"), event("[DONE]")]);
    expect(sizes).toEqual([1, 2]);
  });

  test("are those that EventSource dispatches", async () => {
    const text =
      "\uFEFFdata: 1\r\rid: 5\n\nevent: x\r\ndata:床\r\ndata\r\n\r\nevent:\nid\ndata: 🌕\n\nevent: none\n\ndata: 4\n\n";
    const bytes = Array.from(utf8(text), (byte) => Uint8Array.of(byte));
    expect(await readEvents(streamOf(...bytes), 4)).toEqual([
      event("1"),
      event("床\n", "x", "5"),
      event("🌕"),
      event("4"),
    ]);
  });

  test("do not include an unfinished one", async () => {
    const reading = readEvents(new Blob(["data: a\n\ndata: b\n"]).stream(), 2);
    await expect(reading).rejects.toMatchObject({ code: "ERR_SSE_STREAM_ENDED", events: [event("a")] });
  });
});

describe("an error message", () => {
  test("says that there was no response", async () => {
    const listener = answer(() => {});
    const reading = readEvents(fetch(urlOf(await listen(listener))), (events) => events.length > 3, {
      timeout: 200,
    });
    await expect(soon(reading, "the error")).rejects.toThrow(
      /^Expected events that satisfy until within 200 ms, got no response$/,
    );
  });

  test("shows only the last events of many, and only the beginning of long ones", async () => {
    const stream = streamOf(
      utf8(`${"data: early\n\n".repeat(30)}data: ${"x".repeat(1000)}\n\ndata: last\n\n`),
    );
    const error = (await readEvents(stream, 99, { timeout: 50 }).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(/got 32 events\n {2}… and 12 earlier\n/);
    expect(error.message).toMatch(/"data":"x{200,300}…\n.*"last"/);
    expect(error.message.length).toBeLessThan(2000);
  });

  test("says that the content type is missing", async () => {
    const reading = readEvents(new Response(streamOf(utf8("data: a\n\n"))), 1);
    await expect(reading).rejects.toThrow(/got status 200 and no Content-Type:\n\ndata: a\n\n$/);
  });

  test("says that EventSource does not accept another 2xx status", async () => {
    const response = new Response("", { status: 201, headers: { "content-type": "text/event-stream" } });
    await expect(readEvents(response, 1)).rejects.toThrow(/got status 201 and text\/event-stream/);
  });
});

function held(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => name === "Timeout" || name.startsWith("TCPSocket"));
}

describe("every resource is released:", () => {
  test("a Response that comes after the time-out is cancelled", async () => {
    const listener = openStream("data: a\n\n");
    const url = urlOf(await listen(listener));
    let answerNow: (() => void) | undefined;
    const late = new Promise<void>((resolve) => (answerNow = resolve)).then(() => fetch(url));
    await expect(readEvents(late, 1, { timeout: 20 })).rejects.toMatchObject({ code: "ERR_SSE_TIMEOUT" });
    answerNow?.();
    await soon(listener.left, "the server to see it");
  });

  test("the error of a failed fetch is passed on, and a fetch that fails after the time-out causes no unhandled rejection", async () => {
    const refused = new TypeError("fetch failed");
    await expect(readEvents(Promise.reject(refused), 1)).rejects.toBe(refused);
    const late = new Promise<Response>((_, reject) => setTimeout(() => reject(refused), 60));
    await expect(readEvents(late, 1, { timeout: 20 })).rejects.toMatchObject({ code: "ERR_SSE_TIMEOUT" });
    await late.catch(() => {});
  });

  test.each(connections)("no socket and no timer of %s is left", async (_, connect) => {
    const before = held().length;
    const enough = openStream("data: a\n\n");
    await readEvents((await connect(enough)).from, 1, { timeout: 60_000 });
    await soon(enough.left, "the server to see it");
    const late = openStream();
    await readEvents((await connect(late)).from, 1, { timeout: 50 }).catch(() => {});
    await soon(late.left, "the server to see it");
    await closeServers();
    for (let waited = 0; held().length > before && waited < 5000; waited += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(held().length).toBeLessThanOrEqual(before);
  });
});

describe("what cannot be read is refused:", () => {
  const read = new Response("data: a\n\n");

  test.each([
    ["a string", "data: a\n\n"],
    ["nothing", undefined],
    ["a URL", new URL("http://127.0.0.1/")],
    ["the promise of nothing", Promise.resolve()],
    ["a Response that was read", read],
    [
      "an awaited supertest response",
      { status: 200, statusCode: 200, headers: {}, text: "", on() {}, destroy() {} },
    ],
  ])("%s", async (_, from) => {
    if (!read.bodyUsed) await read.text();
    await expect(readEvents(from as never, 1)).rejects.toMatchObject({ code: "ERR_SSE_INVALID_SOURCE" });
  });

  test.each([
    ["a URL", "http://127.0.0.1/", /got "http.*"; use fetch\(url\)$/],
    ["an app", () => {}, /got a function; with supertest use request\(app\)\.get\(path\)$/],
  ])("the error for %s says what to pass", async (_, from, message) => {
    await expect(readEvents(from as never, 1)).rejects.toThrow(message);
  });

  test.each([[0], [1.5], ["2"], [undefined]])("until %o", async (until) => {
    const stream = streamOf();
    await expect(readEvents(stream, until as never)).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_OPTION",
    });
    expect(stream.locked).toBe(false);
  });

  const awaited = async (): Promise<boolean> => false;

  test.each([
    ["an async function", awaited],
    ["a generator", function* () {}],
    ["an async generator", async function* () {}],
  ])("until as %s, before anything is read", async (_, until) => {
    const stream = streamOf(utf8("data: a\n\n"));
    await expect(readEvents(stream, until as never)).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_OPTION",
      message: expect.stringMatching(/^readEvents: until: expected .+ not async/),
    });
    expect(stream.locked).toBe(false);
  });

  test("until that returns a promise, which would always be truthy", async () => {
    const listener = openStream("data: a\n\ndata: b\n\n");
    const until = (): Promise<boolean> => Promise.reject(new Error("an expectation in it"));
    const reading = readEvents(fetch(urlOf(await listen(listener))), until as never);
    await expect(soon(reading, "the error")).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_OPTION",
      message: expect.stringMatching(
        /^readEvents: until: expected .+ synchronous .+, got an object \(Promise\)/,
      ),
    });
    await soon(listener.left, "the server to see it");
  });

  test.each([[null], [5000], [{ timeuot: 5 }]])("options %o", async (options) => {
    const stream = streamOf();
    await expect(readEvents(stream, 1, options as never)).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_OPTION",
    });
    expect(stream.locked).toBe(false);
  });

  test.each([[0], [-1], [Infinity], ["5s"]])("timeout %o", async (timeout) => {
    const reading = readEvents(streamOf(), 1, { timeout: timeout as number });
    await expect(reading).rejects.toMatchObject({ code: "ERR_SSE_INVALID_OPTION" });
  });
});
