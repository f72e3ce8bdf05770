import { getEventListeners } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { relay, type RelayedMessage, type Upstream } from "../src/index.js";
import { collect, collectUntilError, utf8 } from "./support/bytes.js";
import { openStream, soon, startUpstream } from "./support/upstream.js";

const DONE = { value: undefined, done: true };

const streamOf = (text: string): ReadableStream<Uint8Array> => new Blob([text]).stream();

async function* hanging(): AsyncGenerator<Uint8Array> {
  yield utf8("data: a\n\n");
  await new Promise(() => {});
}

const clients: [string, (url: string) => Promise<Upstream>][] = [
  ["fetch", (url) => fetch(url)],
  ["http.get", (url) => new Promise<IncomingMessage>((resolve) => get(url, resolve))],
];

describe.each(clients)("P10: an upstream of %s is closed at once when", (_, connect) => {
  test("return() was called before the first next()", async () => {
    const upstream = await startUpstream((_request, response) => openStream(response));
    const relayed = relay(await connect(upstream.url));
    expect(await soon(relayed.return!(), "return()")).toEqual(DONE);
    await soon(upstream.left, "the upstream to see it");
    expect(await relayed.next()).toEqual(DONE);
  });

  test("return() was called while next() is pending, before the first byte", async () => {
    const upstream = await startUpstream((_request, response) => openStream(response));
    const relayed = relay(await connect(upstream.url));
    const pending = [relayed.next(), relayed.next()];
    expect(await soon(relayed.return!(), "return()")).toEqual(DONE);
    expect(await soon(Promise.all(pending), "next()")).toEqual([DONE, DONE]);
    await soon(upstream.left, "the upstream to see it");
  });

  test("return() was called in the middle of an event", async () => {
    const upstream = await startUpstream((_request, response) =>
      openStream(response, "data: a\n\ndata: unfin"),
    );
    const relayed = relay(await connect(upstream.url));
    expect(await relayed.next()).toEqual({ value: { data: "a" }, done: false });
    const pending = relayed.next();
    await relayed.return!();
    expect(await soon(pending, "next()")).toEqual(DONE);
    await soon(upstream.left, "the upstream to see it");
  });

  test("a loop was left", async () => {
    const upstream = await startUpstream((_request, response) =>
      openStream(response, "data: a\n\ndata: b\n\n"),
    );
    for await (const message of relay(await connect(upstream.url))) {
      expect(message).toEqual({ data: "a" });
      break;
    }
    await soon(upstream.left, "the upstream to see it");
  });

  test("throw() was called", async () => {
    const upstream = await startUpstream((_request, response) => openStream(response));
    const relayed = relay(await connect(upstream.url));
    const pending = relayed.next();
    const mistake = new Error("enough");
    await expect(relayed.throw!(mistake)).rejects.toBe(mistake);
    expect(await soon(pending, "next()")).toEqual(DONE);
    await soon(upstream.left, "the upstream to see it");
  });

  test("the answer is complete, although the upstream sends more", async () => {
    const upstream = await startUpstream((_request, response) =>
      openStream(response, "data: a\n\ndata: [DONE]\n\n"),
    );
    const messages = await soon(collect(relay(await connect(upstream.url), { doneOn: "[DONE]" })), "the end");
    expect(messages).toEqual([{ data: "a" }]);
    await soon(upstream.left, "the upstream to see it");
  });

  test("an event was too large", async () => {
    const upstream = await startUpstream((_request, response) => openStream(response, "data: aaaa\n\n"));
    const { error } = await collectUntilError(relay(await connect(upstream.url), { maxEventBytes: 3 }));
    expect(error).toMatchObject({ code: "ERR_SSE_EVENT_TOO_LARGE" });
    await soon(upstream.left, "the upstream to see it");
  });

  test("the signal aborted before the first byte", async () => {
    const upstream = await startUpstream((_request, response) => openStream(response));
    const controller = new AbortController();
    const relayed = relay(await connect(upstream.url), { signal: controller.signal });
    const pending = relayed.next();
    const reason = new Error("the client left");
    controller.abort(reason);
    await expect(soon(pending, "next()")).rejects.toBe(reason);
    expect(await relayed.next()).toEqual(DONE);
    await soon(upstream.left, "the upstream to see it");
  });

  test("the signal aborted while no next() was pending", async () => {
    const upstream = await startUpstream((_request, response) =>
      openStream(response, "data: a\n\ndata: b\n\n"),
    );
    const controller = new AbortController();
    const relayed = relay(await connect(upstream.url), { signal: controller.signal });
    await relayed.next();
    controller.abort();
    await soon(upstream.left, "the upstream to see it");
    await expect(relayed.next()).rejects.toMatchObject({ name: "AbortError" });
    expect(await relayed.next()).toEqual(DONE);
  });

  test("the signal had aborted before the call of relay", async () => {
    const upstream = await startUpstream((_request, response) => openStream(response, "data: a\n\n"));
    const relayed = relay(await connect(upstream.url), { signal: AbortSignal.abort() });
    await soon(upstream.left, "the upstream to see it");
    await expect(relayed.next()).rejects.toMatchObject({ name: "AbortError" });
    expect(await relayed.next()).toEqual(DONE);
  });
});

describe("the upstream is released:", () => {
  const endings: [
    string,
    ReadableStream<Uint8Array>,
    (relayed: AsyncIterableIterator<RelayedMessage>) => unknown,
  ][] = [
    ["after the end", streamOf("data: a\n\n"), (relayed) => collect(relayed)],
    [
      "after doneOn",
      streamOf("data: a\n\ndata: x\n\n"),
      (relayed) => relayed.next().then(() => relayed.next()),
    ],
    ["after an error", streamOf(`data: ${"a".repeat(101)}\n\n`), (relayed) => collectUntilError(relayed)],
    ["after return()", new ReadableStream(), (relayed) => relayed.return!()],
  ];

  test.each(endings)("no lock and no listener %s", async (_, upstream, end) => {
    const { signal } = new AbortController();
    const relayed = relay(upstream, {
      signal,
      doneOn: ({ data }) => data === "x" || data === "a",
      maxEventBytes: 100,
    });
    expect(upstream.locked).toBe(true);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    await end(relayed);
    expect(upstream.locked).toBe(false);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("an async generator runs its finally block", async () => {
    let cleanedUp = false;
    async function* upstream(): AsyncGenerator<Uint8Array> {
      try {
        yield utf8("data: a\n\n");
      } finally {
        cleanedUp = true;
      }
    }
    const relayed = relay(upstream());
    await relayed.next();
    await relayed.return!();
    expect(cleanedUp).toBe(true);
  });

  test("a cancel of the upstream that fails or never ends does not delay the relay", async () => {
    const failing = new ReadableStream<Uint8Array>({ cancel: () => Promise.reject(new Error("cannot")) });
    const endless = new ReadableStream<Uint8Array>({ cancel: () => new Promise(() => {}) });
    for (const upstream of [failing, endless]) {
      expect(await soon(relay(upstream).return!(), "return()")).toEqual(DONE);
    }
  });

  test("an iterator without return(), or one whose next() hangs, does not delay the relay", async () => {
    const bare = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    for (const upstream of [bare, hanging()]) {
      const relayed = relay(upstream);
      const pending = [relayed.next(), relayed.next()];
      await soon(relayed.return!(), "return()");
      expect((await soon(Promise.all(pending), "next()")).at(-1)).toEqual(DONE);
    }
  });
});
