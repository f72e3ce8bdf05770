import { expect, it, onTestFinished } from "vitest";
import { createChannels, EventStreamServer, type Channels, type ChannelsOptions } from "@ssekit/core";

function channelsOf(options: ChannelsOptions): Channels {
  const channels = createChannels(options);
  onTestFinished(() => channels.close());
  return channels;
}

/** Opens a stream and subscribes it. Returns a function that disconnects the client. */
async function read(channels: Channels, key: string): Promise<() => Promise<void>> {
  const { body } = await new EventStreamServer({ heartbeat: false }).respond(
    new Request("http://test/"),
    (stream) => {
      channels.get(key).subscribe(stream);
    },
  );
  return () => body!.cancel();
}

const kept = (channels: Channels): string[] => ["a", "b", "c", "d", "e"].filter((key) => channels.has(key));

it("forgets a channel without events and readers first when there are max channels", async () => {
  const channels = channelsOf({ max: 3 });
  await channels.get("a").publish("a");
  channels.get("b");
  await channels.get("c").publish("c");
  channels.get("d");
  expect([kept(channels), channels.size]).toEqual([["a", "c", "d"], 3]);
});

it("forgets next the channel that has had no reader for the longest time", async () => {
  const channels = channelsOf({ max: 3 });
  for (const key of ["a", "b", "c"]) await channels.get(key).publish(key);
  const leave = await read(channels, "a");
  await leave();
  channels.get("d");
  expect(kept(channels)).toEqual(["a", "c", "d"]);
});

it("keeps a channel that was asked for since, and a channel to which a source is being published", async () => {
  const channels = channelsOf({ max: 3 });
  for (const key of ["a", "b", "c"]) await channels.get(key).publish(key);
  void channels.get("b").publishAll(() => new Promise<never>(() => {}));
  channels.get("a");
  channels.get("d");
  expect(kept(channels)).toEqual(["a", "b", "d"]);
});

it("refuses a further channel while all have readers, and makes it when a reader has left", async () => {
  const channels = channelsOf({ max: 2 });
  await read(channels, "a");
  const leave = await read(channels, "b");
  expect(() => channels.get("c")).toThrow(expect.objectContaining({ code: "ERR_SSE_TOO_MANY_CHANNELS" }));
  expect(channels.get("a")).toBe(channels.get("a"));
  await leave();
  channels.get("c");
  expect(kept(channels)).toEqual(["a", "c"]);
});

it("keeps the entries in the log of a forgotten channel", async () => {
  const channels = channelsOf({ max: 1 });
  const id = await channels.get("a").publish("kept");
  channels.get("b");
  channels.get("a");
  expect(await channels.get("a").publish("next")).toBe(id.replace(/-1$/, "-2"));
});

it("holds no more channels than max, however many keys clients invent", () => {
  const channels = channelsOf({ max: 100 });
  for (let n = 0; n < 5_000; n++) channels.get(`made up ${n}`);
  expect(channels.size).toBe(100);
});
