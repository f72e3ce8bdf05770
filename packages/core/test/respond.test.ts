import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventStreamServer, type CloseReason, type EventStream, type EventStreamOptions } from "@ssekit/core";

const get = (path = "/", headers: Record<string, string> = {}, init: RequestInit = {}) =>
  new Request(`http://test${path}`, { headers: { accept: "text/event-stream", ...headers }, ...init });

/** Opens a stream and returns it with a function that reads its text. */
async function open(options?: EventStreamOptions, request = get()) {
  const server = new EventStreamServer(options);
  let stream!: EventStream;
  const response = await server.respond(request, (opened) => void (stream = opened));
  const reader = response.body!.getReader();
  const read = async () => {
    const { done, value } = await reader.read();
    return done ? undefined : new TextDecoder().decode(value);
  };
  return { server, stream, response, reader, read };
}

describe("EventStreamServer.respond", () => {
  it("answers with the headers of an event stream and retry as the first block", async () => {
    const { response, read } = await open();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toEqual({
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    expect(await read()).toBe("retry: 3000\n\n");
  });

  it("answers a request once: a second response would be read by nobody", async () => {
    let returned = 0;
    const again = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: () => (returned++, Promise.resolve({ done: true as const, value: undefined })),
      }),
    };
    const request = get();
    const { server, stream } = await open({}, request);
    await expect(server.respond(request, again)).rejects.toMatchObject({ code: "ERR_SSE_ALREADY_OPEN" });
    expect(returned).toBe(1);
    expect([...server.streams]).toEqual([stream]);
    expect(stream.send("still open")).toBe(true);
  });

  it("answers a request again after a source that failed before the head", async () => {
    const server = new EventStreamServer();
    const request = get();
    const failing = () => {
      throw new Error("no source");
    };
    await expect(server.respond(request, failing)).rejects.toThrow("no source");
    const response = await server.respond(request, ["one"]);
    expect(await response.text()).toContain("data: one\n\n");
  });

  it("sends the messages of one turn in one chunk", async () => {
    const { stream, read } = await open();
    for (let i = 0; i < 10; i++) stream.send(String(i));
    expect((await read())!.match(/data: \d/g)).toHaveLength(10);
  });

  it("sends the items that an async generator yields in one turn in one chunk", async () => {
    const server = new EventStreamServer();
    const response = await server.respond(get(), async function* () {
      for (let i = 0; i < 10; i++) yield String(i);
    });
    const { value } = await response.body!.getReader().read();
    expect(new TextDecoder().decode(value).match(/data: \d/g)).toHaveLength(10);
  });

  it("makes one frame of a message that is sent to many streams in a loop", async () => {
    const server = new EventStreamServer();
    const readers = [];
    for (let i = 0; i < 2; i++) readers.push((await server.respond(get(), () => {})).body!.getReader());
    for (const reader of readers) await reader.read();
    const encoded = vi.spyOn(TextEncoder.prototype, "encode");
    for (const stream of server.streams) stream.send({ data: { n: 1 } });
    const times = encoded.mock.calls.length;
    encoded.mockRestore();
    expect(times).toBe(1);
    for (const reader of readers) {
      expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: {"n":1}\n\n');
    }
    for (const stream of server.streams) stream.send({ data: { n: 2 } });
    expect(new TextDecoder().decode((await readers[0]!.read()).value)).toBe('data: {"n":2}\n\n');
  });

  it("gives each reader its own bytes, so that a reader that transfers them does not affect others", async () => {
    const server = new EventStreamServer();
    const readers = [];
    for (let i = 0; i < 2; i++) readers.push((await server.respond(get(), () => {})).body!.getReader());
    const first = await readers[0]!.read();
    structuredClone(first.value, { transfer: [first.value!.buffer] });
    expect(new TextDecoder().decode((await readers[1]!.read()).value)).toBe("retry: 3000\n\n");
    const third = await server.respond(get(), ["x"]);
    expect(await third.text()).toMatch(/^retry: 3000\n\ndata: x\n\n/);
  });

  it("closes with reason client when the reader cancels", async () => {
    const { stream, reader, server } = await open();
    const { signal } = stream;
    await reader.cancel();
    expect(await stream.closed).toBe("client");
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ name: "AbortError", cause: "client" });
    expect(stream.send("late")).toBe(false);
    expect(server.streams.size).toBe(0);
  });

  it("resolves for a framework that still waits when the client leaves before the first item", async () => {
    const leave = new AbortController();
    const server = new EventStreamServer();
    let returned = false;
    const items = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: async () => {
          returned = true;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const responding = server.respond(get("/", {}, { signal: leave.signal }), items);
    leave.abort();
    expect((await responding).status).toBe(499);
    expect(returned).toBe(true);
    expect(server.streams.size).toBe(0);
  });

  it("rejects with the error of a source before its first item, and with a mistake of the program", async () => {
    const early = new Error("early");
    const server = new EventStreamServer();
    await expect(
      server.respond(get(), () => {
        throw early;
      }),
    ).rejects.toBe(early);
    await expect(server.respond(get(), "text" as never)).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_SOURCE",
    });
    await expect(server.respond(get(), [], { hartbeat: 1 } as never)).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_OPTION",
      message: expect.stringContaining("respond: hartbeat: no such option; it takes"),
    });
    expect(server.streams.size).toBe(0);
  });

  it("tells onError once of a source that throws after the head, and closes", async () => {
    const errors: unknown[] = [];
    const late = new Error("late");
    const server = new EventStreamServer({ onError: (error) => void errors.push(error) });
    const response = await server.respond(get(), async function* () {
      yield "one";
      throw late;
    });
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("retry: 3000\n\ndata: one\n\n");
    // Frameworks take this error for a client that has left: Next by its name, @hono/node-server by its code.
    await expect(reader.read()).rejects.toMatchObject({
      name: "AbortError",
      code: "ERR_STREAM_PREMATURE_CLOSE",
    });
    expect(errors).toEqual([late]);
  });

  it("answers 204 to a client whose stream was finished, and does not start the source", async () => {
    const source = vi.fn(() => ["x"]);
    const response = await new EventStreamServer().respond(get("/", { "last-event-id": "7~end" }), source);
    expect(response.status).toBe(204);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(source).not.toHaveBeenCalled();
  });

  it("puts the last id that was sent into the id of the end event", async () => {
    const response = await new EventStreamServer().respond(get(), [{ id: "7", data: "x" }]);
    expect(await response.text()).toBe("retry: 3000\n\nid: 7\ndata: x\n\nevent: end\nid: 7~end\ndata:\n\n");
  });

  it("refuses ids that are reserved for the end", async () => {
    const { stream } = await open();
    expect(() => stream.send({ id: "7~end", data: "x" })).toThrow(
      expect.objectContaining({ code: "ERR_SSE_INVALID_FIELD" }),
    );
  });

  it("reads the last event ID from the header as UTF-8, or else from the query", async () => {
    const latin1 = String.fromCharCode(...new TextEncoder().encode("é…😀"));
    expect((await open({}, get("/?lastEventId=q", { "last-event-id": latin1 }))).stream.lastEventId).toBe(
      "é…😀",
    );
    expect((await open({}, get("/?lastEventId=%C3%A9"))).stream.lastEventId).toBe("é");
    expect((await open({}, get("/", { "last-event-id": "\xff" }))).stream.lastEventId).toBe("\xff");
    expect(
      (await open({}, get("/", { "last-event-id": "x".repeat(1025) }))).stream.lastEventId,
    ).toBeUndefined();
    expect((await open()).stream.lastEventId).toBeUndefined();
  });

  it("cuts a client off that has more than maxBufferedBytes unread, and holds at most one message more", async () => {
    const { stream } = await open({ maxBufferedBytes: 50_000 });
    const message = "x".repeat(1000);
    let most = 0;
    while (stream.send(message)) most = Math.max(most, stream.bufferedBytes);
    expect(await stream.closed).toBe("slow");
    expect(most).toBeGreaterThan(50_000);
    expect(most).toBeLessThan(50_000 + 1100);
    expect(stream.bufferedBytes).toBe(0);
  });

  it("limits how far a source runs ahead of its client, and sends all items", async () => {
    vi.useFakeTimers();
    const { server, stream, read } = await open({ maxBufferedBytes: 100_000 });
    let yielded = 0;
    const sending = stream.sendAll(
      (function* () {
        for (; yielded < 500; yielded++) yield "x".repeat(1000);
      })(),
    );
    await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
    expect(yielded).toBeLessThan(120);
    let text = "";
    while (text.length < 500_000) text += await read();
    expect(await sending).toBe(true);
    expect(text.match(/data: /g)).toHaveLength(500);
    expect(server.streams.size).toBe(1);
  });

  it("makes messages of the items of a source with toMessage", async () => {
    const { stream, read } = await open();
    await read();
    await stream.sendAll([1, 2], (n) => ({ event: "n", data: n }));
    expect(await read()).toBe("event: n\ndata: 1\n\nevent: n\ndata: 2\n\n");
  });

  it("rejects when the source of sendAll throws, and keeps the stream open", async () => {
    const { stream } = await open({ onError: () => {} });
    const mine = new Error("mine");
    await expect(
      stream.sendAll(
        (function* () {
          yield "a";
          throw mine;
        })(),
      ),
    ).rejects.toBe(mine);
    expect(stream.send("still open")).toBe(true);
  });

  it("resolves drained() with false when the stream closes before", async () => {
    const { stream, reader } = await open();
    for (let i = 0; i < 100; i++) stream.send("x".repeat(1000));
    const drained = stream.drained();
    await reader.cancel();
    expect(await drained).toBe(false);
  });

  it("accepts several options only for the server", async () => {
    await expect(new EventStreamServer().respond(get(), [], { maxStreams: 3 })).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_OPTION",
    });
    expect(() => new EventStreamServer({ heartbeat: 0 })).toThrow(
      "heartbeat: expected a number of milliseconds above 0",
    );
    expect(() => new EventStreamServer({ headers: { a: "b\r\nc: d" } })).toThrow("headers: expected");
  });
});

describe("over time, a stream", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("sends a heartbeat when it was silent for the interval, and none while it sends", async () => {
    const { stream, read } = await open({ heartbeat: 10_000 });
    await vi.advanceTimersByTimeAsync(1);
    expect(await read()).toBe("retry: 3000\n\n");
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(5_000);
      stream.send(String(i));
      await vi.advanceTimersByTimeAsync(1);
      expect(await read()).toBe(`data: ${i}\n\n`);
    }
    await vi.advanceTimersByTimeAsync(10_100);
    expect(await read()).toBe(":\n\n");
  });

  it("sends no heartbeat while the client has unread bytes", async () => {
    const { stream, read } = await open({ heartbeat: 10_000 });
    await vi.advanceTimersByTimeAsync(1);
    await read();
    stream.send("x".repeat(20_000)); // more than the body buffers at once
    await vi.advanceTimersByTimeAsync(30_000);
    expect((await read())!.length).toBeGreaterThan(20_000);
    stream.send("next");
    await vi.advanceTimersByTimeAsync(1);
    expect(await read()).toBe("data: next\n\n");
  });

  it("closes after its end when its client has read the rest, and not before", async () => {
    const { stream, server, read } = await open({ heartbeat: false });
    await vi.advanceTimersByTimeAsync(1);
    stream.send("rest");
    stream.end();
    await vi.advanceTimersByTimeAsync(1_000);
    const closed = vi.fn();
    void stream.closed.then(closed);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).not.toHaveBeenCalled();
    expect(server.streams.size).toBe(1);
    expect(await read()).toBe("retry: 3000\n\n");
    expect(await read()).toBe("data: rest\n\nevent: end\nid: ~end\ndata:\n\n");
    expect(await read()).toBeUndefined();
    expect(await stream.closed).toBe("ended");
    expect(server.streams.size).toBe(0);
  });

  it("shares one timer with a thousand others, whose heartbeats are spread", async () => {
    const server = new EventStreamServer({ heartbeat: 16_000 });
    const bodies: ReadableStreamDefaultReader<Uint8Array>[] = [];
    for (let i = 0; i < 1000; i++) bodies.push((await server.respond(get(), () => {})).body!.getReader());
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(1);
    const at: number[] = [];
    for (const body of bodies) {
      await body.read();
      void body.read().then(() => at.push(Math.floor(performance.now() / 1000)));
    }
    await vi.advanceTimersByTimeAsync(16_100);
    expect(at).toHaveLength(1000);
    const inOneSecond = Math.max(
      ...[...new Set(at)].map((second) => at.filter((one) => one === second).length),
    );
    expect(inOneSecond).toBeLessThan(500);
  });

  it("expires after maxAge, give or take a tenth", async () => {
    const { stream, read } = await open({ maxAge: 100_000, heartbeat: false });
    await vi.advanceTimersByTimeAsync(1);
    await read();
    const closed: CloseReason[] = [];
    void stream.closed.then((reason) => closed.push(reason));
    await vi.advanceTimersByTimeAsync(89_000);
    expect(stream.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(22_000);
    expect(stream.signal.reason).toMatchObject({ cause: "expired" });
  });

  it("is cut off as slow when a client with unread bytes reads none for stallTimeout", async () => {
    const { stream, read } = await open({ stallTimeout: 8_000, heartbeat: false });
    await vi.advanceTimersByTimeAsync(1);
    await read();
    stream.send("x".repeat(20_000));
    await vi.advanceTimersByTimeAsync(7_000);
    expect(stream.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await stream.closed).toBe("slow");
  });

  it("is not cut off while its client reads slowly", async () => {
    const { stream, read } = await open({ stallTimeout: 8_000, heartbeat: false });
    await vi.advanceTimersByTimeAsync(1);
    await read();
    for (let i = 0; i < 10; i++) {
      stream.send("x".repeat(20_000));
      await vi.advanceTimersByTimeAsync(6_000);
      await read();
    }
    expect(stream.signal.aborted).toBe(false);
  });

  it("sends its head after headTimeout when the source has nothing yet", async () => {
    const server = new EventStreamServer({ headTimeout: 3_000 });
    let status = 0;
    void server.respond(get(), () => new Promise(() => {})).then((response) => (status = response.status));
    await vi.advanceTimersByTimeAsync(2_900);
    expect(status).toBe(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(status).toBe(200);
  });
});

describe("EventStreamServer.close", () => {
  it("tells every client when to come back, closes the streams, and refuses new ones from then on", async () => {
    const { server, stream, read } = await open();
    await read();
    const closing = server.close({ retry: [2_000, 4_000] });
    const retry = Number(/^retry: (\d+)\n\n$/.exec((await read())!)![1]);
    expect(retry).toBeGreaterThanOrEqual(2_000);
    expect(retry).toBeLessThanOrEqual(4_000);
    expect(await read()).toBeUndefined();
    await closing;
    expect(await stream.closed).toBe("draining");

    const eventSource = await server.respond(get());
    expect(eventSource.status).toBe(200);
    expect(await eventSource.text()).toMatch(/^retry: [2-4]\d\d\d\n\n$/);
    const other = await server.respond(get("/", { accept: "*/*" }));
    expect(other.status).toBe(503);
    expect(Number(other.headers.get("retry-after"))).toBeGreaterThanOrEqual(2);
  });

  it("cuts clients off that do not read when the grace period is over", async () => {
    vi.useFakeTimers();
    try {
      const { server, stream } = await open();
      stream.send("x".repeat(30_000));
      const closing = server.close({ grace: 5_000 });
      await vi.advanceTimersByTimeAsync(4_900);
      expect(server.streams.size).toBe(1);
      await vi.advanceTimersByTimeAsync(200);
      await closing;
      expect(await stream.closed).toBe("draining");
      expect(server.streams.size).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("P16: lets other work run when closing streams has used up the time of a turn", async () => {
    let now = performance.now();
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    try {
      const { server } = await open();
      const served: number[] = [];
      let closed = 0;
      for (let i = 0; i < 20; i++) {
        await server.respond(get(), (stream) => {
          stream.signal.addEventListener("abort", () => {
            closed++;
            now += 4; // the work of an app's listener takes time
          });
        });
      }
      await new Promise((turn) => setTimeout(turn, 0));
      void server.close();
      while (closed < 20) {
        await new Promise((turn) => setTimeout(turn, 0));
        served.push(closed);
      }
      const most = Math.max(...served.map((count, turn) => count - (served[turn - 1] ?? 0)));
      expect(most).toBeLessThanOrEqual(6); // two runs of three
    } finally {
      clock.mockRestore();
    }
  });

  it("refuses a request whose source has yielded nothing yet", async () => {
    const server = new EventStreamServer();
    const responding = server.respond(get(), () => new Promise(() => {}));
    await server.close();
    const response = await responding;
    expect(await response.text()).toMatch(/^retry: \d+\n\n$/);
  });

  it("says what is wrong with its options", async () => {
    const server = new EventStreamServer();
    await expect(server.close({ grace: -1 })).rejects.toMatchObject({ code: "ERR_SSE_INVALID_OPTION" });
    await expect(server.close({ retry: [5, 1] })).rejects.toMatchObject({ code: "ERR_SSE_INVALID_OPTION" });
    expect((await server.respond(get(), [])).status).toBe(200);
  });
});

describe("maxStreams", () => {
  it("refuses further streams with a retry, or with 503 if that option is set", async () => {
    const polite = await open({ maxStreams: 1 });
    expect(await (await polite.server.respond(get())).text()).toMatch(/^retry: \d+\n\n$/);
    const strict = await open({ maxStreams: 1, refuse: 503 });
    expect((await strict.server.respond(get())).status).toBe(503);
  });

  it.each<[string, EventStreamOptions, Request]>([
    ["the stream was finished", {}, get("/", { "last-event-id": "7~end" })],
    ["it is a HEAD", {}, get("/", {}, { method: "HEAD" })],
    ["it takes too many", { maxStreams: 0 }, get()],
    ["the client has left", {}, get("/", {}, { signal: AbortSignal.abort() })],
  ])("cancels a source that was passed as a value when %s", async (_why, options, request) => {
    const cancel = vi.fn();
    const headers = { "access-control-allow-origin": "*" };
    const server = new EventStreamServer({ ...options, headers });
    const response = await server.respond(request, new ReadableStream({ cancel }));
    expect(cancel).toHaveBeenCalledOnce();
    const nobodyReadsIt = response.status === 499;
    expect(response.headers.get("access-control-allow-origin")).toBe(nobodyReadsIt ? null : "*");
  });

  it("leaves a locked source alone, and hands the error of a source that cannot be returned to onError", async () => {
    const onError = vi.fn();
    const server = new EventStreamServer({ onError });
    const locked = new ReadableStream();
    locked.getReader();
    const broken = new Error("broken");
    const failing = new ReadableStream({ cancel: () => Promise.reject(broken) });
    for (const source of [locked, failing]) {
      const response = await server.respond(get("/", { "last-event-id": "~end" }), source);
      expect(response.status).toBe(204);
    }
    await vi.waitFor(() => expect(onError.mock.calls.map(([error]) => error)).toContain(broken));
  });
});
