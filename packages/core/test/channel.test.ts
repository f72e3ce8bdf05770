import { describe, expect, it, vi } from "vitest";
import {
  createChannel,
  createChannels,
  EventStreamServer,
  MemoryLog,
  type Channel,
  type ChannelOptions,
  type EventStream,
  type EventStreamOptions,
  type SubscribeOptions,
} from "@ssekit/core";

interface Client {
  stream: EventStream;
  response: Response;
  /** Reads until so many events have come, in all; gives those. */
  events(count: number): Promise<Received[]>;
  /** What has come until nothing more comes. */
  settled(): Promise<Received[]>;
  text(): string;
  leave(): Promise<void>;
}

interface Received {
  event: string;
  data: string;
  id: string | undefined;
}

const parse = (text: string): Received[] =>
  text
    .split("\n\n")
    .slice(0, -1)
    .filter((block) => /^(data|event|id)/m.test(block))
    .map((block) => ({
      event: /^event: (.*)$/m.exec(block)?.[1] ?? "message",
      data: [...block.matchAll(/^data: ?(.*)$/gm)].map((match) => match[1]).join("\n"),
      id: /^id: ?(.*)$/m.exec(block)?.[1],
    }));

async function connect(
  use: (stream: EventStream) => void,
  { lastEventId, path = "/", ...options }: EventStreamOptions & { lastEventId?: string; path?: string } = {},
): Promise<Client> {
  const server = new EventStreamServer({ heartbeat: false, ...options });
  let stream!: EventStream;
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;
  const response = await server.respond(new Request(`http://test${path}`, { headers }), (opened) => {
    stream = opened;
    use(opened);
  });
  const reader = response.body!.getReader();
  let text = "";
  const decoder = new TextDecoder();
  let pending: Promise<boolean> | undefined;
  const readOn = () =>
    (pending ??= reader.read().then(({ done, value }) => {
      pending = undefined;
      text += decoder.decode(value, { stream: true });
      return !done;
    }));
  return {
    stream,
    response,
    async events(count) {
      while (parse(text).length < count && (await readOn()));
      return parse(text);
    },
    async settled() {
      while (
        await Promise.race([readOn(), new Promise<boolean>((resolve) => setTimeout(resolve, 30, false))])
      );
      return parse(text);
    },
    text: () => text,
    leave: () => reader.cancel(),
  };
}

const subscribed = (channel: Channel, options?: SubscribeOptions, request?: Parameters<typeof connect>[1]) =>
  connect((stream) => channel.subscribe(stream, options), request);

const data = (events: Received[]) => events.map((event) => event.data);

describe("a channel", () => {
  it("sends what is published to every subscriber, encoded once, with the log's id", async () => {
    const serialize = vi.fn(JSON.stringify);
    const channel = createChannel({ serialize });
    const clients = [await subscribed(channel), await subscribed(channel)];
    expect(channel.size).toBe(2);
    const id = await channel.publish({ event: "tick", data: { n: 1 } });
    expect(id).toMatch(/^[0-9a-z]+-1$/);
    for (const client of clients) {
      expect(await client.events(1)).toEqual([{ event: "tick", data: '{"n":1}', id }]);
    }
    expect(serialize).toHaveBeenCalledTimes(1);
  });

  it("sends what is published in one turn in one write", async () => {
    const channel = createChannel();
    const client = await subscribed(channel);
    await client.settled();
    for (let i = 0; i < 10; i++) void channel.publish({ data: i });
    const reader = client.events(1);
    expect(data(await reader)).toHaveLength(10);
  });

  it("widens the turn to flushInterval", async () => {
    const channel = createChannel({ flushInterval: 60 });
    const client = await subscribed(channel);
    await client.settled();
    void channel.publish("a");
    await new Promise((turn) => setTimeout(turn, 10));
    void channel.publish("b");
    expect(data(await client.events(1))).toEqual(["a", "b"]);
  });

  it("resumes after the last event ID, without a gap and without a repeat", async () => {
    const channel = createChannel();
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push(await channel.publish({ data: i }));
    const client = await subscribed(channel, {}, { lastEventId: ids[1]! });
    void channel.publish({ data: 5 });
    expect(data(await client.events(4))).toEqual(["2", "3", "4", "5"]);
  });

  it("starts at the start, after an id, or with what comes", async () => {
    const channel = createChannel();
    const first = await channel.publish("a");
    await channel.publish("b");
    const start = await subscribed(channel, { from: "start" });
    const after = await subscribed(channel, { from: first });
    const live = await subscribed(channel);
    await channel.publish("c");
    expect(data(await start.events(3))).toEqual(["a", "b", "c"]);
    expect(data(await after.events(2))).toEqual(["b", "c"]);
    expect(data(await live.events(1))).toEqual(["c"]);
  });

  it("takes the client's last event ID before from", async () => {
    const channel = createChannel();
    await channel.publish("a");
    const id = await channel.publish("b");
    const client = await subscribed(channel, { from: "start" }, { lastEventId: id });
    await channel.publish("c");
    expect(data(await client.events(1))).toEqual(["c"]);
  });

  it.each([
    ["of another log", () => "0123456789ab-1", "new-log"],
    ["of the future", (id: string) => id.replace(/-1$/, "-99"), "unknown-id"],
    ["of no log", () => "17", "unknown-id"],
    ["too long to be one", () => "x".repeat(2000), "unknown-id"],
  ])("answers an id %s with one reset and all that is kept", async (_name, forge, reason) => {
    const onReset = vi.fn();
    const channel = createChannel({ onReset });
    const id = await channel.publish("a");
    const client = await subscribed(channel, {}, { lastEventId: forge(id) });
    await channel.publish("b");
    const events = await client.events(3);
    expect(events.map(({ event, data: text }) => [event, text])).toEqual([
      ["reset", JSON.stringify({ reason })],
      ["message", "a"],
      ["message", "b"],
    ]);
    expect(onReset).toHaveBeenCalledExactlyOnceWith(client.stream, reason);
  });

  it("announces evicted events with one reset, whose id is where delivery goes on", async () => {
    const channel = createChannel({ history: { events: 3 } });
    const first = await channel.publish("a");
    for (const text of ["b", "c", "d", "e"]) await channel.publish(text);
    const client = await subscribed(channel, {}, { lastEventId: first });
    const events = await client.events(4);
    expect(events.map(({ event, data: text }) => [event, text])).toEqual([
      ["reset", '{"reason":"evicted"}'],
      ["message", "c"],
      ["message", "d"],
      ["message", "e"],
    ]);
    const again = await subscribed(channel, {}, { lastEventId: events[0]!.id! });
    expect(data(await again.events(3))).toEqual(["c", "d", "e"]);
  });

  it("sends the state first and then what came after it, also after a reset", async () => {
    let state = 0;
    const channel = createChannel({ history: { events: 2 } });
    const publish = (n: number) => ((state = n), channel.publish({ data: n }));
    const first = await publish(1);
    await publish(2);
    const fresh = await subscribed(channel, { snapshot: () => ({ state }) });
    await publish(3);
    expect((await fresh.events(2)).map(({ event, data: text }) => [event, text])).toEqual([
      ["snapshot", '{"state":2}'],
      ["message", "3"],
    ]);
    await publish(4);
    const late = await subscribed(channel, { snapshot: () => ({ state }) }, { lastEventId: first });
    await publish(5);
    expect((await late.events(3)).map(({ event, data: text }) => [event, text])).toEqual([
      ["reset", '{"reason":"evicted"}'],
      ["snapshot", '{"state":4}'],
      ["message", "5"],
    ]);
  });

  it("misses nothing that is published while an asynchronous snapshot is made", async () => {
    const channel = createChannel();
    const client = await subscribed(channel, {
      snapshot: async () => {
        await channel.publish("meanwhile");
        await new Promise((turn) => setTimeout(turn, 20));
        return "state";
      },
    });
    expect((await client.events(2)).map(({ event, data: text }) => [event, text])).toEqual([
      ["snapshot", "state"],
      ["message", "meanwhile"],
    ]);
  });

  it("gives subscribers of topics only those, and counts them", async () => {
    const channel = createChannel();
    const apple = await subscribed(channel, { topics: ["AAPL"] });
    const both = await subscribed(channel, { topics: ["AAPL", "MSFT"] });
    const all = await subscribed(channel);
    expect(Object.fromEntries(channel.topics)).toEqual({ AAPL: 2, MSFT: 1 });
    await channel.publish({ data: "a", topic: "AAPL" });
    await channel.publish({ data: "m", topic: "MSFT" });
    await channel.publish({ data: "none" });
    expect(data(await apple.settled())).toEqual(["a"]);
    expect(data(await both.settled())).toEqual(["a", "m"]);
    expect(data(await all.settled())).toEqual(["a", "m", "none"]);
    await both.leave();
    expect(Object.fromEntries(channel.topics)).toEqual({ AAPL: 1 });
  });

  it("replays only the topics that are wanted", async () => {
    const channel = createChannel();
    for (let i = 0; i < 6; i++) await channel.publish({ data: i, topic: i % 2 ? "odd" : "even" });
    const client = await subscribed(channel, { topics: ["odd"], from: "start" });
    expect(data(await client.settled())).toEqual(["1", "3", "5"]);
  });

  it("lets a filter see what is stored, and closes only the stream of one that throws", async () => {
    const onError = vi.fn();
    const channel = createChannel();
    const filtered = await subscribed(channel, { filter: (entry) => JSON.parse(entry.data) > 1 });
    const broken = await subscribed(
      channel,
      {
        filter: () => {
          throw new Error("mine");
        },
      },
      { onError },
    );
    for (let i = 0; i < 4; i++) await channel.publish({ data: i });
    expect(data(await filtered.events(2))).toEqual(["2", "3"]);
    await broken.settled();
    expect(await broken.stream.closed).toBe("error");
    expect(onError).toHaveBeenCalledTimes(1);
    expect(channel.size).toBe(1);
  });

  it("ends subscribers for good, with an id that says so, and those that come later after what they lack", async () => {
    const channel = createChannel({ onError: () => {} });
    const early = await subscribed(channel, { topics: ["x"] });
    await channel.publish("a");
    await channel.end({ event: "done", data: { total: 1 } });
    const [last] = await early.events(1);
    expect(last).toMatchObject({ event: "done", data: '{"total":1}', id: expect.stringMatching(/-2~end$/) });
    expect(await early.stream.closed).toBe("ended");
    const late = await subscribed(channel, { from: "start" });
    expect((await late.settled()).map(({ event }) => event)).toEqual(["message", "done"]);
    expect(await late.stream.closed).toBe("ended");
    await expect(channel.publish("b")).rejects.toMatchObject({ code: "ERR_SSE_CHANNEL_ENDED" });
  });

  it("ends at once a client whose page kept the id of the end", async () => {
    const channel = createChannel();
    await channel.publish("a");
    await channel.end();
    const { id } = (await (await subscribed(channel, { from: "start" })).events(2))[1]!;
    const client = await subscribed(channel, {}, { path: `/?lastEventId=${id}` });
    expect(await client.settled()).toEqual([{ event: "end", data: "", id }]);
    expect(await client.stream.closed).toBe("ended");
  });

  it("keeps the order of the calls for what a subscribed stream sends itself", async () => {
    const channel = createChannel();
    for (let i = 0; i < 3; i++) void channel.publish({ data: "x".repeat(40_000) + i });
    const client = await connect((stream) => {
      channel.subscribe(stream, { from: "start" }); // more than it may be ahead of its client
      stream.send("own");
      void channel.publish("after");
    });
    expect(data(await client.events(5)).map((text) => text.slice(-5))).toEqual([
      "xxxx0",
      "xxxx1",
      "xxxx2",
      "own",
      "after",
    ]);
  });

  it("does not lose what a subscribed stream has sent itself when it closes while it lags", async () => {
    const channel = createChannel();
    for (let i = 0; i < 3; i++) void channel.publish({ data: "x".repeat(40_000) });
    const client = await connect((stream) => {
      channel.subscribe(stream, { from: "start" });
      expect(stream.send("own")).toBe(true);
      stream.close();
    });
    expect(data(await client.settled())).toContain("own");
  });

  it("waits with end() until the cursor is at the tail of that moment", async () => {
    const channel = createChannel();
    for (let i = 0; i < 10; i++) void channel.publish({ data: "x".repeat(40_000) });
    const client = await connect((stream) => {
      channel.subscribe(stream, { from: "start" });
      stream.end({ event: "bye" });
      expect(stream.send("late")).toBe(false);
    });
    const events = await client.settled();
    expect(events).toHaveLength(11);
    expect(events.at(-1)).toMatchObject({ event: "bye", id: expect.stringMatching(/-10~end$/) });
    expect(await client.stream.closed).toBe("ended");
  });

  it("holds little for a client that does not read, and gives it everything when it does", async () => {
    const onLag = vi.fn();
    const channel = createChannel({ onLag });
    const client = await subscribed(channel);
    for (let i = 0; i < 500; i++) {
      void channel.publish({ data: `${i} ${"x".repeat(8_000)}` });
      if (i % 50 === 0) await new Promise((turn) => setTimeout(turn, 1));
    }
    expect(client.stream.bufferedBytes).toBeLessThan(200_000);
    expect(onLag).toHaveBeenCalled();
    const events = await client.events(500);
    expect(data(events).map((text) => Number.parseInt(text, 10))).toEqual(
      Array.from({ length: 500 }, (_, i) => i),
    );
    await channel.publish("live again");
    expect((await client.events(501)).at(-1)!.data).toBe("live again");
  });

  it("has one subscription a stream, which can be left for another", async () => {
    const one = createChannel();
    const two = createChannel();
    const client = await connect((stream) => {
      const subscription = one.subscribe(stream);
      expect(() => two.subscribe(stream)).toThrow(expect.objectContaining({ code: "ERR_SSE_SUBSCRIBED" }));
      expect(() => stream.send({ id: "1", data: "x" })).toThrow(
        expect.objectContaining({ code: "ERR_SSE_SUBSCRIBED" }),
      );
      subscription.unsubscribe();
      two.subscribe(stream);
    });
    await one.publish("one");
    await two.publish("two");
    expect(data(await client.settled())).toEqual(["two"]);
    expect(one.size).toBe(0);
  });

  it("does nothing with a stream that is closed", async () => {
    const channel = createChannel();
    await connect((stream) => {
      stream.close();
      channel.subscribe(stream).unsubscribe();
    });
    expect(channel.size).toBe(0);
  });

  it("keeps a stream open when an async function subscribes it and returns nothing", async () => {
    const channel = createChannel();
    const server = new EventStreamServer({ heartbeat: false });
    const response = await server.respond(new Request("http://test/"), async (stream) => {
      await Promise.resolve();
      channel.subscribe(stream);
    });
    await channel.publish("a");
    const { value } = await response.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toContain("data: a");
  });

  it("carries the cursor in the heartbeat of a quiet topic, so that it is not evicted", async () => {
    const channel = createChannel({ history: { events: 2 } });
    const client = await subscribed(channel, { topics: ["quiet"] }, { heartbeat: 40 });
    for (let i = 0; i < 9; i++) await channel.publish({ data: i, topic: "loud" });
    const [heartbeat] = await client.events(1);
    expect(heartbeat).toMatchObject({ event: "heartbeat", data: "", id: expect.stringMatching(/-9$/) });
    await client.leave();
    const again = await subscribed(channel, { topics: ["quiet"] }, { lastEventId: heartbeat!.id! });
    await channel.publish({ data: "at last", topic: "quiet" });
    expect((await again.settled()).map(({ event }) => event)).toEqual(["message"]);
  });

  it("publishes a source with nobody connected, dropping its ids", async () => {
    const channel = createChannel();
    await channel.publishAll([{ id: "theirs", event: "delta", data: 1, retry: 5 }, "two"]);
    const client = await subscribed(channel, { from: "start" });
    expect(await client.events(2)).toMatchObject([
      { event: "delta", data: "1", id: expect.stringMatching(/-1$/) },
      { event: "message", data: "two" },
    ]);
  });

  it("ends after the sources that were being published", async () => {
    const channel = createChannel();
    const client = await subscribed(channel);
    void channel.publishAll(
      (async function* () {
        yield "a";
        await new Promise((turn) => setTimeout(turn, 20));
        yield "b";
      })(),
    );
    await channel.end({ event: "done" });
    expect((await client.settled()).map(({ event, data: text }) => text || event)).toEqual([
      "a",
      "b",
      "done",
    ]);
  });

  it("aborts its sources when it is closed, and closes its subscribers", async () => {
    const channel = createChannel();
    const client = await subscribed(channel);
    let signal!: AbortSignal;
    let returned = false;
    const publishing = channel.publishAll((context) => {
      signal = context.signal;
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<never>(() => {}),
          return: async () => ((returned = true), { done: true as const, value: undefined }),
        }),
      };
    });
    await new Promise((turn) => setTimeout(turn, 5));
    await channel.close();
    await publishing;
    expect([signal.aborted, returned]).toEqual([true, true]);
    await client.settled();
    expect(await client.stream.closed).toBe("closed");
    expect(() => channel.subscribe(client.stream)).toThrow(
      expect.objectContaining({ code: "ERR_SSE_CHANNEL_CLOSED" }),
    );
  });

  it("tells a publisher of its mistakes, and onError too", async () => {
    const onError = vi.fn();
    const channel = createChannel({ onError });
    const client = await subscribed(channel);
    await expect(channel.publish({ data: "x", topic: 5 } as never)).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_FIELD",
    });
    await expect(channel.publish({ event: "a\nb", data: "x" })).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_FIELD",
    });
    await expect(channel.publish({ id: "1", data: "x" } as never)).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_FIELD",
    });
    await expect(channel.publish({ data: new Map() })).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_DATA",
    });
    expect(onError).toHaveBeenCalledTimes(4);
    expect(await client.settled()).toEqual([]);
  });

  it("validates data with any Standard Schema, and keeps the order while one takes its time", async () => {
    const schema = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: async (value: unknown) => {
          await new Promise((turn) => setTimeout(turn, 10));
          return typeof value === "number"
            ? { value: value * 2 }
            : { issues: [{ message: "no number", path: ["n"] }] };
        },
      },
    };
    const channel = createChannel<Record<string, any>>({ schemas: { slow: schema }, onError: () => {} });
    const client = await subscribed(channel);
    void channel.publish({ event: "slow", data: 1 });
    void channel.publish({ event: "other", data: "after" });
    await expect(channel.publish({ event: "slow", data: "x" })).rejects.toMatchObject({
      code: "ERR_SSE_INVALID_DATA",
      message: "data of slow: n: no number",
    });
    await channel.publish("last");
    expect(data(await client.settled())).toEqual(["2", "after", "last"]);
  });

  it("does not publish twice what has the same idempotency key", async () => {
    const channel = createChannel();
    const id = await channel.publish({ data: "a", idempotencyKey: "k" });
    expect(await channel.publish({ data: "a", idempotencyKey: "k" })).toBe(id);
    expect(data(await (await subscribed(channel, { from: "start" })).settled())).toEqual(["a"]);
  });

  it("delivers in order what is published while something is delivered", async () => {
    const channel: Channel = createChannel();
    const echo = await subscribed(channel, {
      filter: (entry) => {
        if (entry.data === "ping") void channel.publish("pong");
        return true;
      },
    });
    const other = await subscribed(channel);
    await channel.publish("ping");
    expect(data(await echo.settled())).toEqual(["ping", "pong"]);
    expect(data(await other.settled())).toEqual(["ping", "pong"]);
  });

  it("is not harmed by hooks that throw", async () => {
    const onError = vi.fn();
    const hook = () => {
      throw new Error("hook");
    };
    const options: ChannelOptions = { onSubscribe: hook, onUnsubscribe: hook, onReset: hook, onError };
    const channel = createChannel(options);
    const client = await subscribed(channel, {}, { lastEventId: "none" });
    await channel.publish("a");
    expect((await client.events(2)).map(({ event }) => event)).toEqual(["reset", "message"]);
    await client.leave();
    expect(onError).toHaveBeenCalledTimes(3);
  });

  it("says what is wrong with its options", () => {
    expect(() => createChannel({ hstory: {} } as never)).toThrow("hstory: expected one of");
    expect(() => createChannel({ history: { events: 0 } })).toThrow("history.events");
    expect(() => createChannel({ history: {}, log: new MemoryLog() })).toThrow("history: expected none");
    expect(() => createChannel().subscribe({} as never)).toThrow(
      expect.objectContaining({ code: "ERR_SSE_INVALID_STREAM" }),
    );
  });
});

describe("channels by key", () => {
  it("are made once, and forgotten when nobody has used them for a while", async () => {
    vi.useFakeTimers();
    try {
      const channels = createChannels({ idle: 10_000, onError: () => {} });
      const channel = channels.get("a");
      expect(channels.get("a")).toBe(channel);
      expect([channels.has("a"), channels.has("b"), channels.size]).toEqual([true, false, 1]);
      await vi.advanceTimersByTimeAsync(9_000);
      await channel.publish("still used");
      await vi.advanceTimersByTimeAsync(9_000);
      expect(channels.has("a")).toBe(true);
      await vi.advanceTimersByTimeAsync(4_000);
      expect(channels.has("a")).toBe(false);
      expect(vi.getTimerCount()).toBe(0);
      await expect(channel.publish("lost")).rejects.toMatchObject({ code: "ERR_SSE_CHANNEL_CLOSED" });
    } finally {
      vi.useRealTimers();
    }
  });

  it("are kept while they have a subscriber or a source", async () => {
    const channels = createChannels({ idle: 40 });
    const client = await subscribed(channels.get("read"));
    let finish!: () => void;
    void channels.get("written").publishAll(async function* () {
      await new Promise<void>((resolve) => (finish = resolve));
    } as () => AsyncIterable<string>);
    await new Promise((turn) => setTimeout(turn, 120));
    expect(channels.size).toBe(2);
    finish();
    await client.leave();
    await vi.waitFor(() => expect(channels.size).toBe(0), 2_000);
  });
});
