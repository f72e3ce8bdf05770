import { describe, expect, it, vi } from "vitest";
import {
  createChannel,
  createChannels,
  EventStreamServer,
  MemoryLog,
  type ChannelOptions,
  type EventStream,
  type SchemaResult,
  type StandardSchema,
} from "@ssekit/core";

// The promises that a channel keeps with every log are tested by the contract in @ssekit/conformance.

/** A stream without a socket, with the reader of its body. */
async function connect(use: (stream: EventStream) => unknown) {
  const server = new EventStreamServer({ heartbeat: false });
  const response = await server.respond(
    new Request("http://test/"),
    async (stream) => void (await use(stream)),
  );
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    /** Reads until these words have been received. */
    async until(words: string): Promise<string> {
      while (!text.includes(words)) {
        const { done, value } = await reader.read();
        expect(done, `the end before ${words}`).toBe(false);
        text += decoder.decode(value, { stream: true });
      }
      return text;
    },
  };
}

function throwing(): never {
  throw new Error("not this");
}

function schema(result: SchemaResult<unknown> | Promise<SchemaResult<unknown>>): StandardSchema {
  return { "~standard": { version: 1, vendor: "test", validate: () => result } };
}

describe("a channel", () => {
  it("sends events and the stream's own messages in the order of the calls, if the log answers at once", async () => {
    const channel = createChannel();
    for (let i = 0; i < 3; i++) void channel.publish({ data: `${"x".repeat(40_000)} ${i}` });
    const client = await connect((stream) => {
      channel.subscribe(stream, { from: "start" }); // more than may be sent ahead of the client
      stream.send("own");
      void channel.publish("after");
    });
    const text = await client.until("data: after\n");
    expect(text.match(/ \d\n|own|after/g)).toEqual([" 0\n", " 1\n", " 2\n", "own", "after"]);
  });

  it("keeps a stream open when an async function subscribes it and returns nothing", async () => {
    const channel = createChannel();
    const client = await connect(async (stream) => {
      await Promise.resolve();
      channel.subscribe(stream);
    });
    await channel.publish("a");
    expect(await client.until("data: a")).not.toContain("event: end");
    expect(channel.size).toBe(1);
  });

  const refused = { message: "not this" };
  it.each<[string, ChannelOptions]>([
    ["throws", { describeError: throwing }],
    ["rejects", { describeError: (async () => throwing()) as never }],
    ["describes it as a validator does not allow", { schemas: { failed: schema({ issues: [refused] }) } }],
    [
      "describes it as an asynchronous validator does not allow",
      { schemas: { failed: schema(Promise.resolve({ issues: [refused] })) } },
    ],
  ])("tells readers of a failed source even if describeError %s", async (_, options) => {
    const channel = createChannel({ onError: () => {}, ...options });
    const client = await connect((stream) => void channel.subscribe(stream));
    const mine = new Error("mine");
    await expect(channel.publishAll(() => Promise.reject(mine))).rejects.toBe(mine);
    await expect(channel.end()).rejects.toBe(mine);
    expect(await client.until("data:\n\n")).toContain("event: failed\n");
  });

  it("says what is wrong with its options", () => {
    expect(() => createChannel({ hstory: {} } as never)).toThrow(
      "createChannel: hstory: no such option; it takes history,",
    );
    expect(() => createChannel({ history: { events: 0 } })).toThrow("history.events");
    expect(() => createChannel({ history: {}, log: new MemoryLog() })).toThrow("history: expected none");
    expect(() => createChannel().subscribe({} as never)).toThrow(
      expect.objectContaining({ code: "ERR_SSE_INVALID_STREAM" }),
    );
  });
});

describe("channels by key", () => {
  it("are made once and forgotten when they have not been used for a while", async () => {
    vi.useFakeTimers();
    try {
      const channels = createChannels({ idle: 10_000, onError: () => {} });
      const channel = channels.getOrCreate("a");
      expect(channels.getOrCreate("a")).toBe(channel);
      expect([channels.has("a"), channels.has("b"), channels.size]).toEqual([true, false, 1]);
      await vi.advanceTimersByTimeAsync(9_000);
      await channel.publish("still used");
      await vi.advanceTimersByTimeAsync(9_000);
      expect(channels.has("a")).toBe(true);
      await vi.advanceTimersByTimeAsync(4_000);
      expect(channels.has("a")).toBe(false);
      await vi.advanceTimersByTimeAsync(600_000); // the log is kept for as long as its history
      expect(vi.getTimerCount()).toBe(0);
      await expect(channel.publish("lost")).rejects.toMatchObject({ code: "ERR_SSE_CHANNEL_CLOSED" });
    } finally {
      vi.useRealTimers();
    }
  });
});
