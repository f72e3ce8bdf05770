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
      channels.getOrCreate(key).subscribe(stream);
    },
  );
  return () => body!.cancel();
}

const kept = (channels: Channels): string[] => ["a", "b", "c", "d", "e"].filter((key) => channels.has(key));

it("forgets a channel without events and readers first when there are max channels", async () => {
  const channels = channelsOf({ max: 3 });
  await channels.getOrCreate("a").publish("a");
  channels.getOrCreate("b");
  await channels.getOrCreate("c").publish("c");
  channels.getOrCreate("d");
  expect([kept(channels), channels.size]).toEqual([["a", "c", "d"], 3]);
});

it("forgets next the channel that has had no reader for the longest time", async () => {
  const channels = channelsOf({ max: 3 });
  for (const key of ["a", "b", "c"]) await channels.getOrCreate(key).publish(key);
  const leave = await read(channels, "a");
  await leave();
  channels.getOrCreate("d");
  expect(kept(channels)).toEqual(["a", "c", "d"]);
});

it("keeps a channel that was asked for since, and a channel to which a source is being published", async () => {
  const channels = channelsOf({ max: 3 });
  for (const key of ["a", "b", "c"]) await channels.getOrCreate(key).publish(key);
  void channels.getOrCreate("b").publishAll(() => new Promise<never>(() => {}));
  channels.getOrCreate("a");
  channels.getOrCreate("d");
  expect(kept(channels)).toEqual(["a", "b", "d"]);
});

it("refuses a further channel while all have readers, and makes it when a reader has left", async () => {
  const channels = channelsOf({ max: 2 });
  await read(channels, "a");
  const leave = await read(channels, "b");
  expect(() => channels.getOrCreate("c")).toThrow(
    expect.objectContaining({ code: "ERR_SSE_TOO_MANY_CHANNELS" }),
  );
  expect(channels.getOrCreate("a")).toBe(channels.getOrCreate("a"));
  await leave();
  channels.getOrCreate("c");
  expect(kept(channels)).toEqual(["a", "c"]);
});

it("keeps the entries in the log of a forgotten channel", async () => {
  const channels = channelsOf({ max: 1 });
  const id = await channels.getOrCreate("a").publish("kept");
  channels.getOrCreate("b");
  channels.getOrCreate("a");
  expect(await channels.getOrCreate("a").publish("next")).toBe(id.replace(/-1$/, "-2"));
});

it("holds no more channels than max, however many keys clients invent", () => {
  const channels = channelsOf({ max: 100 });
  for (let n = 0; n < 5_000; n++) channels.getOrCreate(`made up ${n}`);
  expect(channels.size).toBe(100);
});
