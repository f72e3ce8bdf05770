import { StreamReader } from "@ssekit/conformance";
import {
  createChannels,
  EventStreamServer,
  memoryLogs,
  type Channels,
  type ChannelsOptions,
} from "@ssekit/core";
import { expect, it, onTestFinished, vi } from "vitest";

const CLOSED = expect.objectContaining({ code: "ERR_SSE_CHANNEL_CLOSED" }) as Error;

function channelsOf(options?: ChannelsOptions): Channels {
  const channels = createChannels({ onError() {}, ...options });
  onTestFinished(() => channels.close());
  return channels;
}

/** A client of the channel of a key. */
async function read(channels: Channels, key: string, lastEventId?: string): Promise<StreamReader> {
  const headers = new Headers({ accept: "text/event-stream" }); // others are broken off
  if (lastEventId !== undefined) headers.set("last-event-id", lastEventId);
  const response = await new EventStreamServer({ heartbeat: false }).respond(
    new Request("http://test/", { headers }),
    (stream) => channels.getOrCreate(key).subscribe(stream),
  );
  return new StreamReader(response);
}

it("get() returns the channel that is there, and makes none", () => {
  const channels = channelsOf();
  expect(channels.get("nobody")).toBeUndefined();
  expect([channels.has("nobody"), channels.size]).toEqual([false, 0]);
  const channel = channels.getOrCreate("a");
  expect(channels.get("a")).toBe(channel);
  expect(channels.getOrCreate("a")).toBe(channel);
});

it.each([undefined, null, 5, ["a"]])(
  "a key that a client leaves out or repeats is a key of nothing: %j",
  (key) => {
    const channels = channelsOf();
    channels.getOrCreate("a");
    expect(channels.get(key as never)).toBeUndefined();
    expect(channels.has(key as never)).toBe(false);
  },
);

it("get() and getOrCreate() count as use; has() and keys() do not", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const channels = channelsOf({ idle: 1_000 });
  for (const key of ["got", "asked for", "left"]) channels.getOrCreate(key);
  for (let times = 0; times < 10; times++) {
    await vi.advanceTimersByTimeAsync(500);
    channels.get("got");
    channels.getOrCreate("asked for");
    channels.has("left");
    expect([...channels.keys()]).toContain("got");
  }
  expect([...channels.keys()]).toEqual(["got", "asked for"]);
});

it("keys() lists the keys in the order in which the channels were made", () => {
  const channels = channelsOf();
  for (const key of ["b", "a", "c", "a"]) channels.getOrCreate(key);
  expect([...channels.keys()]).toEqual(["b", "a", "c"]);
  for (const key of channels.keys()) void channels.close(key); // while they are listed
  expect(channels.size).toBe(0);
});

it("close(key) closes one channel, whose clients come back and miss nothing", async () => {
  const channels = channelsOf();
  const other = await read(channels, "other");
  const first = await read(channels, "a");
  const closed = channels.getOrCreate("a");
  await closed.publish("one");
  await first.untilData("one");
  expect(await channels.close("a")).toBe(true);
  expect([channels.has("a"), channels.size]).toEqual([false, 1]);
  expect(await first.all()).toMatchObject([{ data: "one" }]); // without an end
  await expect(closed.publish("lost")).rejects.toEqual(CLOSED);
  await channels.getOrCreate("a").publish("two"); // before the client is back
  const second = await read(channels, "a", first.events[0]!.lastEventId);
  await channels.getOrCreate("a").publish("three");
  await second.untilData("three");
  expect(second.events).toMatchObject([{ data: "two" }, { data: "three" }]);
  await channels.getOrCreate("other").publish("here");
  await other.untilData("here");
});

it("close(key) of no channel does nothing", async () => {
  const channels = channelsOf();
  channels.getOrCreate("a");
  expect(await channels.close("b")).toBe(false);
  expect(channels.size).toBe(1);
});

it("close(undefined) closes nothing: a key that is missing must not close all", async () => {
  const channels = channelsOf();
  channels.getOrCreate("a");
  await expect(channels.close(undefined as never)).rejects.toMatchObject({ code: "ERR_SSE_INVALID_OPTION" });
  expect(channels.size).toBe(1);
});

it("a channel that the app closes itself is forgotten, and another takes its place", async () => {
  const channels = channelsOf();
  const channel = channels.getOrCreate("a");
  await channel.close();
  expect([channels.get("a"), channels.size]).toEqual([undefined, 0]);
  expect(await channels.getOrCreate("a").publish("one")).toMatch(/-1$/);
  await channel.close(); // the old one, again
  expect(channels.has("a")).toBe(true);
});

it("a channel that has ended is kept, for clients that come later", async () => {
  const channels = channelsOf();
  await channels.getOrCreate("a").end({ event: "done" });
  expect(await (await read(channels, "a")).all()).toMatchObject([{ type: "done" }]);
});

it.each([
  ["of its own", undefined],
  ["of the app", memoryLogs()],
])("close() closes all channels for good, over a store %s", async (_whose, logs) => {
  const channels = channelsOf({ logs });
  const clients = [await read(channels, "a"), await read(channels, "b")];
  await Promise.all([channels.close(), channels.close()]);
  for (const client of clients) expect(await client.all()).toEqual([]);
  expect([channels.size, channels.get("a"), await channels.close("a")]).toEqual([0, undefined, false]);
  expect(() => channels.getOrCreate("a")).toThrow(CLOSED);
  expect(logs?.status ?? "ready").toBe("ready"); // that of the app is the app's to close
});
