import type { ChannelStage, EventLog } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import { startChannel } from "../src/channel-contract/channel-app.js";
import { LatentLog } from "../src/latent-log.js";
import { nothingUnhandled } from "../src/support/nothing-unhandled.js";
import { until } from "../src/support/within.js";

/** Starts a channel on a log that behaves like one on another machine and keeps 5 events. */
async function startRemote(onError?: (error: unknown, context: { stage: ChannelStage }) => void) {
  let log!: LatentLog;
  const app = await startChannel(
    (history): EventLog => (log = new LatentLog({ latency: [0, 4], ...(history && { history }) })),
    { history: { events: 5 }, ...(onError && { onError }) },
  );
  return { app, log };
}

const CLIENTS = { all: {}, "of a topic": { topics: ["t"] }, filtered: { filter: () => true } };

describe("P6: a live client of a log", () => {
  nothingUnhandled();

  it.each(Object.entries(CLIENTS))("whose tail has lost entries gets one reset: %s", async (_who, use) => {
    const { app, log } = await startRemote();
    const client = await app.read(use);
    await app.channel.publish({ data: "a", topic: "t" });
    await client.until("a");
    const rejoin = log.cutTails();
    for (let n = 1; n <= 9; n++) await app.channel.publish({ data: `${n}`, topic: "t" });
    rejoin();
    await client.until("9");
    await app.channel.publish({ data: "b", topic: "t" });
    expect(await client.dataUntil("b")).toEqual(["a", '{"reason":"evicted"}', "5", "6", "7", "8", "9", "b"]);
    expect(app.resets).toEqual(["evicted"]);
  });

  it.each(Object.entries(CLIENTS))("that was replaced gets one reset: %s", async (_who, use) => {
    const { app, log } = await startRemote();
    const client = await app.read(use);
    await app.channel.publish({ data: "a", topic: "t" });
    await client.until("a");
    log.record.replace();
    await client.until("reset");
    await app.channel.publish({ data: "b", topic: "t" });
    const events = await client.until("b");
    expect(events.map(({ data }) => data)).toEqual(["a", '{"reason":"new-log"}', "b"]);
    const again = await app.read(use, { lastEventId: events[1]!.lastEventId });
    expect(await again.dataUntil("b")).toEqual(["b"]);
  });

  it("whose tail has lost entries gets a snapshot with the id of the reset, and then the next events", async () => {
    const { app, log } = await startRemote();
    let state = "0";
    const publish = (n: number): Promise<string> => app.channel.publish((state = `${n}`));
    const client = await app.read({ snapshot: () => `state ${state}` });
    await client.until("snapshot");
    const rejoin = log.cutTails();
    for (let n = 1; n <= 9; n++) await publish(n);
    rejoin();
    await until(
      "the second state",
      () => client.events.filter(({ type }) => type === "snapshot").length === 2,
    );
    await app.channel.publish("last");
    const events = await client.until("last");
    const types = events.map(({ type }) => type);
    expect(types.slice(0, 3)).toEqual(["snapshot", "reset", "snapshot"]);
    expect(types.filter((type) => type === "reset")).toHaveLength(1);
    expect(events[2]).toMatchObject({ data: "state 9", lastEventId: events[1]!.lastEventId });
    // Events that this node had not received when the state was read may be in the state and follow it, too.
    const seen = events.slice(3).map(({ data }) => data);
    expect(["5", "6", "7", "8", "9", "last"].slice(-seen.length)).toEqual(seen);
  });

  it("whose tail was cut off but has lost nothing gets no reset", async () => {
    const { app, log } = await startRemote();
    const client = await app.read();
    const rejoin = log.cutTails();
    for (let n = 1; n <= 4; n++) await app.channel.publish(`${n}`);
    rejoin();
    expect(await client.dataUntil("4")).toEqual(["1", "2", "3", "4"]);
    expect(app.resets).toEqual([]);
  });

  it("that goes down stays connected and gets the missed events later, and onError gets the outage", async () => {
    const told: [unknown, ChannelStage][] = [];
    const { app, log } = await startRemote((error, { stage }) => void told.push([error, stage]));
    const client = await app.read();
    await app.channel.publish("a");
    await client.until("a");
    const lost = new Error("lost");
    log.goDown(lost);
    expect([app.channel.status, told]).toEqual(["down", [[lost, "tail"]]]);
    log.isStoredWhenDown = () => true;
    const message = { data: "b", idempotencyKey: "b" };
    await expect(app.channel.publish(message)).rejects.toMatchObject({ code: "ERR_SSE_LOG_UNAVAILABLE" });
    log.goUp();
    expect(app.channel.status).toBe("ready");
    const id = await app.channel.publish(message);
    await app.channel.publish("c");
    expect(await client.until("c")).toMatchObject([
      { data: "a" },
      { data: "b", lastEventId: id },
      { data: "c" },
    ]);
    expect([told.length, app.resets]).toEqual([2, []]);
  });

  it("that was replaced twice during an interruption can be ended by the program", async () => {
    const { app, log } = await startRemote();
    const client = await app.read();
    const rejoin = log.cutTails();
    log.record.replace();
    await app.channel.publish("lost with its log");
    client.stream.send("own");
    client.stream.end({ event: "bye" });
    log.record.replace();
    rejoin();
    await app.channel.publish("x");
    const events = await client.all();
    expect(events.map(({ type }) => type).filter((type) => type !== "message")).toEqual(["reset", "bye"]);
    expect(events.map(({ data }) => data)).toContain("own");
  });

  it("that was replaced and has ended while nobody followed it gets the end", async () => {
    const { app, log } = await startRemote();
    const first = await app.read();
    const rejoin = log.cutTails();
    await app.channel.publish("missed");
    first.leave();
    await until("nobody", () => app.channel.size === 0);
    log.record.replace();
    log.record.log.append([{ event: "bye", data: "", end: true }]);
    rejoin();
    for (let told = ""; told !== log.record.log.peek().cursor;) {
      const tail = await log.tail(() => {});
      told = tail.cursor;
      tail.stop();
    }
    const client = await app.read((stream) => {
      app.channel.subscribe(stream);
      stream.send("own");
    });
    const events = await client.all();
    expect(events.at(-1)!.type).toBe("bye");
    expect(await client.stream.closed).toBe("ended");
  });
});
