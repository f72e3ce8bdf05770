import { describe, expect, test } from "vitest";
import { relay } from "../src/index.js";
import { chunks, collect, collectUntilError, cuttings, endless, utf8 } from "./support/bytes.js";
import { chunksOf, loadVectors } from "./support/vectors.js";

const TOO_LARGE = { name: "SseError", code: "ERR_SSE_EVENT_TOO_LARGE" };

describe("maxEventBytes", () => {
  test.each([
    ["ASCII", "x".repeat(30)],
    ["lines", "line\n".repeat(6)],
    ["Chinese", "床前明月光疑是地上霜"],
    ["emoji and ASCII", `${"🌕".repeat(7)}ab`],
  ])("counts the bytes of the data in UTF-8, for any cutting: %s", async (_, data) => {
    const size = utf8(data).byteLength;
    expect(size).toBe(30);
    const block = `data: ${data.replaceAll("\n", "\ndata: ")}\n\n`;
    const bytes = utf8(`id: a-rather-long-id-that-does-not-count\n${block}`);
    for (const parts of cuttings(bytes)) {
      const [message] = await collect(relay(chunks(...parts), { maxEventBytes: 30 }));
      expect(message?.data).toBe(data);
      const { error } = await collectUntilError(relay(chunks(...parts), { maxEventBytes: 29 }));
      expect(error).toMatchObject(TOO_LARGE);
    }
  });

  test("is 1 MiB unless it is set", async () => {
    const limit = 1 << 20;
    expect(await collect(relay(chunks(`data:${"x".repeat(limit)}\n\n`)))).toHaveLength(1);
    const { error } = await collectUntilError(relay(chunks(`data:${"x".repeat(limit + 1)}\n\n`)));
    expect(error).toMatchObject({ ...TOO_LARGE, message: expect.stringContaining("1048576") });
  });

  test("may be Infinity", async () => {
    const [message] = await collect(
      relay(chunks(`data:${"x".repeat(3 << 20)}\n\n`), { maxEventBytes: Infinity }),
    );
    expect(message?.data).toHaveLength(3 << 20);
  });

  test("does not drop the events before the large one, also in the same chunk", async () => {
    const upstream = chunks(`data: a\n\ndata: b\n\ndata: ${"x".repeat(11)}\n\ndata: c\n\n`);
    const { messages, error } = await collectUntilError(relay(upstream, { maxEventBytes: 10 }));
    expect(messages).toEqual([{ data: "a" }, { data: "b" }]);
    expect(error).toMatchObject(TOO_LARGE);
  });
});

describe("an upstream that never finishes a block is stopped:", () => {
  const limit = 100_000;
  const bound = 2 * limit + 65_536;

  test.each([
    ["an endless line of data", "data:", "x".repeat(1000)],
    ["an endless id", "id:", "x".repeat(1000)],
    ["an endless event name", "event:", "x".repeat(1000)],
    ["an endless retry", "retry:", "1".repeat(1000)],
    ["an endless line of anything", "{", "x".repeat(1000)],
    ["tiny lines of data", "", "data\n".repeat(100)],
    ["tiny lines of data, CRLF", "", "data:\r\n".repeat(100)],
    ["tiny lines of data, one by one", "", "data\n"],
    ["ids", "", "id: 1\n".repeat(100)],
    ["unknown fields", "", "x\n".repeat(100)],
    ["an endless line of Chinese", "data:", "床".repeat(300)],
  ])("%s", async (_, start, part) => {
    const rest = endless(part);
    async function* upstream(): AsyncGenerator<Uint8Array> {
      yield utf8(`data: before\n\n${start}`);
      yield* rest;
    }
    const { messages, error } = await collectUntilError(relay(upstream(), { maxEventBytes: limit }));
    expect(messages).toEqual([{ data: "before" }]);
    expect(error).toMatchObject(TOO_LARGE);
    expect(rest.bytes).toBeLessThan(3 * bound + utf8(part).byteLength);
  });

  test("a million lines of data in one chunk, by default", async () => {
    const vector = loadVectors("parsers").find(({ id }) => id === "parsers-284");
    expect(vector).toBeDefined();
    const { error } = await collectUntilError(relay(chunks(...(vector ? chunksOf(vector) : []))));
    expect(error).toMatchObject(TOO_LARGE);
  });

  test("at the same block for any cutting", async () => {
    const block = `data: x\n${"x: y\r\n".repeat(13_400)}\n`; // 67 KB, of which 1 byte is data
    for (const size of [1, 7, 1000, 70_000, 1_000_000]) {
      const bytes = utf8(`data: a\n\n${block}`);
      const parts = [];
      for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
      const { messages, error } = await collectUntilError(relay(chunks(...parts), { maxEventBytes: 10 }));
      expect(messages).toEqual([{ data: "a" }]);
      expect(error).toMatchObject(TOO_LARGE);
      expect(await collect(relay(chunks(...parts), { maxEventBytes: 1000 }))).toHaveLength(2);
    }
  });
});

describe("an upstream may send without end", () => {
  test.each([
    ["comments", ": keep-alive\n\n"],
    ["an endless comment", ":"],
    ["lines of comments", ":\n"],
    ["blank lines", "\n"],
    ["retry blocks", "retry: 1\r\n\r\n"],
    ["events", "data: x\n\n"],
  ])("%s", async (_, part) => {
    async function* upstream(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 40; i++) yield utf8(part.repeat(5000));
      yield utf8("\n\ndata: last\n\n");
    }
    const messages = await collect(relay(upstream(), { maxEventBytes: 10 }));
    expect(messages.at(-1)).toEqual({ data: "last" });
  });
});

test("the time for an event in chunks of 64 bytes is proportional to its size", async () => {
  const data = "x".repeat(5_000_000);
  const bytes = utf8(`data: ${data}\n\n`);
  async function* upstream(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 64) yield bytes.subarray(at, at + 64);
  }
  const [message] = await collect(relay(upstream(), { maxEventBytes: 5_000_000 }));
  expect(message?.data).toBe(data);
});

test("the time for a chunk of many events is proportional to their number", async () => {
  expect(await collect(relay(chunks("data: x\n\n".repeat(200_000))))).toHaveLength(200_000);
});
