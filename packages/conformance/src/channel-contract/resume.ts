import { createChannel } from "@ssekit/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { later } from "../log-contract/log-subject.js";
import { seeded } from "../support/seeded.js";
import { pause } from "../support/within.js";
import { brief, expectHolesAnnounced, startChannel, type ChannelApp, type CreateLog } from "./channel-app.js";

async function publishAll(app: ChannelApp, ...data: string[]): Promise<string[]> {
  const ids = await Promise.all(data.map((text) => app.channel.publish(text)));
  await (await app.read({ from: "oldest" })).until(data.at(-1)!); // now this node has received them
  return ids;
}

export function resumeContract(createLog: CreateLog): void {
  describe("a client that reconnects", () => {
    it("gets every event after its last event ID exactly once (P4)", async () => {
      const app = await startChannel(createLog);
      const data = Array.from({ length: 20 }, (_, n) => `${n}`);
      const ids = await publishAll(app, ...data);
      const clients = await Promise.all(ids.map((lastEventId) => app.read({}, { lastEventId })));
      for (let i = 20; i < 40; i++) void app.channel.publish(`${i}`);
      await app.channel.publish("last");
      for (const [n, client] of clients.entries()) {
        const rest = Array.from({ length: 39 - n }, (_, i) => `${n + 1 + i}`);
        expect(await client.dataUntil("last")).toEqual([...rest, "last"]);
      }
    });

    it("many times during bursts of events gets every event exactly once", async () => {
      const app = await startChannel(createLog);
      const random = seeded(7);
      let over = false;
      const publishing = (async () => {
        for (let i = 0; i < 600;) {
          for (let burst = random() * 40; burst > 0 && i < 600; burst--) void app.channel.publish(`${i++}`);
          await pause(random() * 8);
        }
        await app.channel.publish("last");
        over = true;
      })();
      const readers = Array.from({ length: 10 }, async () => {
        const seen: string[] = [];
        let lastEventId: string | undefined;
        while (seen.at(-1) !== "last") {
          const client = await app.read({ from: "start" }, { lastEventId });
          if (over) await client.until("last");
          else await pause(random() * 60);
          client.leave();
          seen.push(...brief(client.events));
          lastEventId = client.events.at(-1)?.lastEventId ?? lastEventId;
        }
        return seen;
      });
      await publishing;
      const expected = [...Array.from({ length: 600 }, (_, n) => `${n}`), "last"];
      for (const reader of readers) expect(await reader).toEqual(expected);
      expect(app.resets).toEqual([]);
    });

    it("may pass its id in the URL instead of the header", async () => {
      const app = await startChannel(createLog);
      const [id] = await publishAll(app, "a", "b");
      const client = await app.read({}, { query: `lastEventId=${id}` });
      expect(await client.dataUntil("b")).toEqual(["b"]);
    });

    it("continues after its id, and not at `from`", async () => {
      const app = await startChannel(createLog);
      const ids = await publishAll(app, "a", "b");
      const client = await app.read({ from: "start" }, { lastEventId: ids[1]! });
      await app.channel.publish("c");
      expect(await client.dataUntil("c")).toEqual(["c"]);
    });

    it("may have an event that this node has not received yet", async () => {
      const app = await startChannel(createLog);
      const witness = await app.read();
      for (let i = 0; i < 5; i++) {
        const id = await app.channel.publish(`${i}`);
        const client = await app.read({}, { lastEventId: id });
        await app.channel.publish(`after ${i}`);
        expect(await client.dataUntil(`after ${i}`)).toEqual([`after ${i}`]);
      }
      await witness.until("after 4");
      expect(app.resets).toEqual([]);
    });
  });

  describe("a new client", () => {
    it("begins at the start, after an id, or with the next event", async () => {
      const app = await startChannel(createLog);
      const [first] = await publishAll(app, "a", "b");
      const start = await app.read({ from: "start" });
      const after = await app.read({ from: { after: first! } });
      const live = await app.read();
      await app.channel.publish("c");
      expect(await start.dataUntil("c")).toEqual(["a", "b", "c"]);
      expect(await after.dataUntil("c")).toEqual(["b", "c"]);
      expect(await live.dataUntil("c")).toEqual(["c"]);
    });

    it("misses no event of a channel whose first event is published while it connects", async () => {
      for (let ms = 0; ms < 60; ms += 6) {
        const app = await startChannel(createLog);
        const client = await app.read({ from: "start" });
        await pause(ms);
        void app.channel.publish("the only event");
        expect(await client.dataUntil("the only event")).toEqual(["the only event"]);
      }
    });

    it("gets all events from the start while more are published", async () => {
      const app = await startChannel(createLog);
      const expected: string[] = [];
      const clients = [];
      for (let i = 0; i < 200; i++) {
        expected.push(`${i}`);
        void app.channel.publish(`${i}`);
        if (i % 20 === 0) clients.push(await app.read({ from: "start" }));
        if (i % 5 === 0) await pause(1);
      }
      await app.channel.publish("last");
      for (const client of clients) expect(await client.dataUntil("last")).toEqual([...expected, "last"]);
    });
  });

  describe("a new client, when the first event is no longer kept,", () => {
    it("gets one reset with from: start, and none with from: oldest", async () => {
      const app = await startChannel(createLog, { history: { events: 2 } });
      const witness = await app.read();
      for (const text of ["a", "b", "c", "d"]) await app.channel.publish(text);
      await witness.until("d");
      const [start, oldest] = [await app.read({ from: "start" }), await app.read({ from: "oldest" })];
      for (const client of [start, oldest]) await client.until("d");
      await app.channel.publish("e");
      expect(await start.dataUntil("e")).toEqual(['{"reason":"evicted"}', "c", "d", "e"]);
      expect(await oldest.dataUntil("e")).toEqual(["c", "d", "e"]);
      expect(app.resets).toEqual(["evicted"]);
    });
  });

  describe("an id after which the log cannot be read", () => {
    it.each([
      ["of another channel", "new-log"],
      ["of the future", "unknown-id"],
      ["that no channel made", "unknown-id"],
      ["too long to be one", "unknown-id"],
      ["that is the name of a prototype", "unknown-id"],
      ["that is a keyword, start", "unknown-id"],
      ["that is a keyword, oldest", "unknown-id"],
    ])("%s: one reset, and all that is kept", async (what, reason) => {
      const app = await startChannel(createLog);
      const other = createChannel({ log: createLog() });
      onTestFinished(() => other.close());
      const [id] = await publishAll(app, "a", "b");
      const ids: Record<string, string> = {
        "of another channel": await other.publish("a"),
        "of the future": later(id!),
        "that no channel made": "17",
        "too long to be one": "x".repeat(2_000),
        "that is the name of a prototype": "__proto__",
        "that is a keyword, start": "start",
        "that is a keyword, oldest": "oldest",
      };
      const witness = await app.read();
      const client = await app.read({}, { lastEventId: ids[what]! });
      await client.until("b");
      await app.channel.publish("c");
      const events = await client.until("c");
      expect(brief(events)).toEqual([JSON.stringify({ reason }), "a", "b", "c"]);
      expect(events[0]!.type).toBe("reset");
      expect(app.resets).toEqual([reason]);
      const again = await app.read({}, { lastEventId: events[0]!.lastEventId });
      expect(await again.dataUntil("c")).toEqual(["a", "b", "c"]);
      expect(await witness.dataUntil("c")).toEqual(["c"]);
    });

    it("that was evicted causes one reset, and the client can continue after the id of the reset", async () => {
      const app = await startChannel(createLog, { history: { events: 3 } });
      const [first] = await publishAll(app, "a", "b", "c", "d", "e");
      const later = Array.from({ length: 1_200 }, (_, n) => `${n}`); // more than the window of a channel keeps
      await publishAll(app, ...later);
      const client = await app.read({}, { lastEventId: first! });
      const events = await client.until("1199");
      expect(brief(events)).toEqual(['{"reason":"evicted"}', "1197", "1198", "1199"]);
      expect(app.resets).toEqual(["evicted"]);
      const again = await app.read({}, { lastEventId: events[0]!.lastEventId });
      expect(await again.dataUntil("1199")).toEqual(["1197", "1198", "1199"]);
    });

    it("that is evicted over and over causes exactly one reset for every hole", async () => {
      const app = await startChannel(createLog, { history: { events: 3 } });
      const [first] = await publishAll(app, "0", "1", "2", "3", "4");
      const clients = [];
      for (let i = 5; i < 20_000; i++) {
        void app.channel.publish(`${i}`);
        if (i % 2_000 === 0) clients.push(await app.read({}, { lastEventId: first! }));
        if (i % 1_500 === 0) await pause(1);
      }
      await app.channel.publish("20000");
      for (const client of clients) {
        const events = await client.until("20000");
        expectHolesAnnounced(
          events.map(({ type, data }) => (type === "reset" ? undefined : Number(data))),
          1,
        );
      }
    });
  });
}
