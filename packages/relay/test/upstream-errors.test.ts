import { get, type IncomingMessage } from "node:http";
import { describe, expect, expectTypeOf, test } from "vitest";
import { isUpstreamError, relay, type Upstream } from "../src/index.js";
import { chunks, collect, collectUntilError, utf8 } from "./support/bytes.js";
import { openStream, soon, startUpstream } from "./support/upstream.js";

const clients: [string, (url: string) => Promise<Upstream>][] = [
  ["fetch", (url) => fetch(url)],
  ["http.get", (url) => new Promise<IncomingMessage>((resolve) => get(url, resolve))],
];

describe.each(clients)("an upstream on a socket, by %s,", (_, connect) => {
  test("is relayed event by event while it is open", async () => {
    let sendMore: (() => void) | undefined;
    const upstream = await startUpstream((_request, response) => {
      const bytes = utf8("data: 床前\n\n");
      openStream(response);
      response.write(bytes.subarray(0, 8)); // inside a character
      sendMore = () => response.end(bytes.subarray(8));
    });
    const relayed = relay(await connect(upstream.url));
    const first = relayed.next();
    sendMore?.();
    expect(await soon(first, "the event")).toEqual({ value: { data: "床前" }, done: false });
    expect(await soon(relayed.next(), "the end")).toEqual({ value: undefined, done: true });
  });

  test("that is cut off causes an error, after the events that were complete", async () => {
    let cut: (() => void) | undefined;
    const upstream = await startUpstream((_request, response) => {
      openStream(response, "data: a\n\ndata: b\n\ndata: unfinished\n");
      cut = () => response.destroy();
    });
    const relayed = relay(await connect(upstream.url));
    expect(await relayed.next()).toEqual({ value: { data: "a" }, done: false });
    expect(await relayed.next()).toEqual({ value: { data: "b" }, done: false });
    const broken = relayed.next();
    cut?.();
    await expect(soon(broken, "the error")).rejects.toMatchObject({
      name: "SseError",
      code: "ERR_SSE_UPSTREAM_BROKEN",
      cause: expect.any(Error),
    });
    expect(await relayed.next()).toEqual({ value: undefined, done: true });
  });

  test("that is cut off after the completing event is complete", async () => {
    let cut: (() => void) | undefined;
    const upstream = await startUpstream((_request, response) => {
      openStream(response, "data: a\n\ndata: [DONE]\n\n");
      cut = () => response.destroy();
    });
    const relayed = relay(await connect(upstream.url), { doneOn: "[DONE]" });
    expect(await relayed.next()).toEqual({ value: { data: "a" }, done: false });
    cut?.();
    expect(await soon(relayed.next(), "the end")).toEqual({ value: undefined, done: true });
  });
});

test("a stream that fails while it has queued chunks causes an error after the events of these chunks", async () => {
  const cause = new TypeError("terminated");
  async function* upstream(): AsyncGenerator<Uint8Array> {
    yield utf8("data: a\n\ndata: b\n\n");
    throw cause;
  }
  const relayed = relay(upstream());
  const results = await Promise.allSettled([relayed.next(), relayed.next(), relayed.next(), relayed.next()]);
  expect(results).toMatchObject([
    { value: { value: { data: "a" } } },
    { value: { value: { data: "b" } } },
    { reason: { code: "ERR_SSE_UPSTREAM_BROKEN", cause, message: "The upstream broke off: terminated" } },
    { value: { done: true } },
  ]);
});

describe("a response that is not an event stream", () => {
  test("because of its status causes an error with the status and the body", async () => {
    const body = JSON.stringify({ error: { code: "rate_limit_exceeded", message: "太快了" } });
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(429, { "content-type": "application/json", "retry-after": "1" }).end(body);
    });
    const { messages, error } = await collectUntilError(
      relay(await fetch(upstream.url), { doneOn: "[DONE]" }),
    );
    expect(messages).toEqual([]);
    expect(error).toMatchObject({
      code: "ERR_SSE_UPSTREAM_STATUS",
      upstreamStatus: 429,
      upstreamBody: body,
      message: "Expected the upstream to answer with a status from 200 to 299, got 429 Too Many Requests",
    });
  });

  test("causes an error that isUpstreamError recognises, with typed properties", async () => {
    const { error } = await collectUntilError(relay(new Response("busy", { status: 529 })));
    if (!isUpstreamError(error)) throw new Error("was not recognised", { cause: error });
    expectTypeOf(error.upstreamStatus).toEqualTypeOf<number>();
    expectTypeOf(error.upstreamBody).toEqualTypeOf<string | undefined>();
    expect([error.code, error.upstreamStatus, error.upstreamBody]).toEqual([
      "ERR_SSE_UPSTREAM_STATUS",
      529,
      "busy",
    ]);
    const broken = await collectUntilError(relay(chunks("data: unfinished")));
    expect([isUpstreamError(broken.error), isUpstreamError(undefined), isUpstreamError("x")]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test("because of its content type causes an error with the body", async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end('{"error":"overloaded"}');
    });
    const { error } = await collectUntilError(relay(await fetch(upstream.url)));
    expect(error).toMatchObject({
      code: "ERR_SSE_UPSTREAM_CONTENT_TYPE",
      upstreamStatus: 200,
      upstreamBody: '{"error":"overloaded"}',
      message: expect.stringContaining('got "application/json"'),
    });
  });

  test.each(["text/event-stream", "text/event-stream;", "Text/Event-Stream ; charset=windows-1252"])(
    "is not assumed if the content type without its parameters is text/event-stream: %j",
    async (type) => {
      const relayed = relay(new Response("data: a\n\n", { headers: { "content-type": type } }));
      expect(await collect(relayed)).toEqual([{ data: "a" }]);
    },
  );

  test.each(["text/event-streams", "text/plain", ""])(
    "is detected if the content type without its parameters is another one: %j",
    async (type) => {
      const relayed = relay(new Response("data: a\n\n", { headers: { "content-type": type } }));
      await expect(relayed.next()).rejects.toMatchObject({ code: "ERR_SSE_UPSTREAM_CONTENT_TYPE" });
    },
  );

  test("causes an error without a body, if it has none or it was read", async () => {
    const read = new Response("teapot", { status: 418 });
    await read.text();
    for (const response of [read, new Response(null, { status: 418 })]) {
      await expect(relay(response).next()).rejects.toMatchObject({
        code: "ERR_SSE_UPSTREAM_STATUS",
        upstreamStatus: 418,
        upstreamBody: undefined,
      });
    }
  });

  test("that does not end is read for 4 KiB, and then cancelled", async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(500, { "content-type": "text/plain" });
      const write = (): void => {
        while (!response.destroyed && response.write("床".repeat(1000)));
      };
      response.on("drain", write);
      write();
    });
    const { error } = await soon(collectUntilError(relay(await fetch(upstream.url))), "the error");
    // 4096 bytes are 1365 characters of three bytes, and one byte, which is dropped.
    expect(error).toMatchObject({ code: "ERR_SSE_UPSTREAM_STATUS", upstreamBody: "床".repeat(1365) });
    await soon(upstream.left, "the upstream to see it");
  });

  test("that stops in the middle is cancelled after two seconds", async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(500, { "content-type": "text/plain" });
      response.write("partial");
    });
    const { error } = await soon(collectUntilError(relay(await fetch(upstream.url))), "the error");
    expect(error).toMatchObject({ code: "ERR_SSE_UPSTREAM_STATUS", upstreamBody: "partial" });
    await soon(upstream.left, "the upstream to see it");
  });

  test("is cancelled by return(), also while its body is read", async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(500).write("partial");
    });
    const unread = relay(await fetch(upstream.url));
    await unread.return!();
    await soon(upstream.left, "the upstream to see it");

    const other = await startUpstream((_request, response) => {
      response.writeHead(500).write("partial");
    });
    const pending = relay(await fetch(other.url));
    const next = pending.next();
    await pending.return!();
    expect(await soon(next, "next()")).toEqual({ value: undefined, done: true });
    await soon(other.left, "the upstream to see it");
  });
});
