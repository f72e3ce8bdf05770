import { describe, expect, it } from "vitest";
import { until } from "../support/within.js";
import { startChannel, type CreateLog } from "./channel-app.js";

export function topicsContract(createLog: CreateLog): void {
  describe("topics", () => {
    it("select the events of a subscriber, and their subscribers are counted", async () => {
      const app = await startChannel(createLog);
      const apple = await app.read({ topics: ["AAPL"] });
      const both = await app.read({ topics: ["AAPL", "MSFT", "AAPL"] });
      const all = await app.read();
      const none = await app.read({ topics: [] });
      expect(Object.fromEntries(app.channel.topics)).toEqual({ AAPL: 2, MSFT: 1 });
      await app.channel.publish({ data: "a", topic: "AAPL" });
      await app.channel.publish({ data: "m", topic: "MSFT" });
      await app.channel.publish({ data: "p", topic: "__proto__" });
      await app.channel.publish({ data: "of no topic" });
      await app.channel.publish({ data: "last", topic: "AAPL" });
      expect(await apple.dataUntil("last")).toEqual(["a", "last"]);
      expect(await both.dataUntil("last")).toEqual(["a", "m", "last"]);
      expect(await all.dataUntil("last")).toEqual(["a", "m", "p", "of no topic", "last"]);
      expect(none.events).toEqual([]);
      both.leave();
      await until("it to be gone", () => app.channel.size === 3);
      expect(Object.fromEntries(app.channel.topics)).toEqual({ AAPL: 1 });
    });

    it("select the events that are replayed", async () => {
      const app = await startChannel(createLog);
      for (let i = 0; i < 50; i++)
        await app.channel.publish({ data: i, topic: i % 10 === 7 ? "seven" : "other" });
      const client = await app.read({ topics: ["seven"], from: "start" });
      await app.channel.publish({ data: "last", topic: "seven" });
      expect(await client.dataUntil("last")).toEqual(["7", "17", "27", "37", "47", "last"]);
    });

    it("do not cause calls of the filters of subscribers to other topics", async () => {
      const app = await startChannel(createLog);
      let asked = 0;
      const filter = (): boolean => ++asked > 0;
      for (let i = 0; i < 40; i++) await app.read({ topics: [`topic ${i % 10}`], filter });
      const witness = await app.read({ topics: ["topic 3"] });
      for (let i = 0; i < 5; i++) await app.channel.publish({ data: "x", topic: "topic 3" });
      await app.channel.publish({ data: "last", topic: "topic 3" });
      await witness.until("last");
      await until("the calls of the filters", () => asked >= 24);
      expect(asked).toBe(24);
    });
  });

  describe("a filter", () => {
    it("gets entries as they are stored, both replayed and live", async () => {
      const app = await startChannel(createLog);
      const seen: unknown[] = [];
      await app.channel.publish({ event: "n", data: { n: 1 }, topic: "t" });
      const filter = ({
        event,
        data,
        topics,
      }: {
        event?: string;
        data: string;
        topics?: readonly string[];
      }): boolean => {
        seen.push([event, data, topics]);
        return data !== "2";
      };
      const client = await app.read({ from: "start", filter });
      await app.channel.publish({ data: 2 });
      await app.channel.publish("last");
      expect(await client.dataUntil("last")).toEqual(['{"n":1}', "last"]);
      expect(seen).toEqual([
        ["n", '{"n":1}', ["t"]],
        [undefined, "2", undefined],
        [undefined, "last", undefined],
      ]);
    });

    it("that throws closes its own stream and no other (P13)", async () => {
      const app = await startChannel(createLog);
      const mine = new Error("mine");
      const filter = (): never => {
        throw mine;
      };
      const others = [await app.read()];
      const broken = [await app.read({ filter }), await app.read({ filter, from: "start" })];
      others.push(await app.read());
      await app.channel.publish("a");
      for (const client of broken) {
        await client.all();
        expect(await client.stream.closed).toBe("error");
        expect(client.events).toEqual([]);
      }
      const late = await app.read({ filter, from: "start" });
      await late.all();
      expect(app.errors).toEqual([mine, mine, mine]);
      await app.channel.publish("last");
      for (const client of others) expect(await client.dataUntil("last")).toEqual(["a", "last"]);
      expect(app.channel.size).toBe(2);
    });

    it("may publish, and all subscribers get the event in the same order", async () => {
      const app = await startChannel(createLog);
      const filter = ({ data }: { data: string }): boolean => {
        if (data.startsWith("ping")) void app.channel.publish(data.replace("ping", "pong"));
        return true;
      };
      const clients = [await app.read(), await app.read({ filter }), await app.read()];
      void app.channel.publish("ping 1");
      void app.channel.publish("ping 2");
      const [first, ...others] = await Promise.all(clients.map((client) => client.dataUntil("pong 2")));
      expect(first!.toSorted()).toEqual(["ping 1", "ping 2", "pong 1", "pong 2"]);
      for (const data of others) expect(data).toEqual(first);
    });
  });
  describe("a hook", () => {
    it("may publish, and every subscriber gets the event exactly once", async () => {
      let publish = (_text: string): void => {};
      const app = await startChannel(createLog, {
        onSubscribe: () => publish("from onSubscribe"),
        onReset: () => publish("from onReset"),
        onUnsubscribe: () => publish("from onUnsubscribe"),
      });
      const seen: string[] = [];
      publish = (text) => void app.channel.publish(`${text} ${seen.push(text)}`);
      const clients = [await app.read({ from: "start" }), await app.read({}, { lastEventId: "nonsense" })];
      clients.push(
        await app.read({}, { lastEventId: "nonsense" }),
        await app.read({ from: "start", topics: ["x"] }),
      );
      clients[3]!.leave();
      await until("all hooks", () => seen.length === 7);
      await app.channel.publish("last");
      const expected = await clients[0]!.dataUntil("last");
      expect(expected.toSorted()).toEqual([...seen.map((text, n) => `${text} ${n + 1}`), "last"].toSorted());
      for (const client of clients.slice(1, 3)) {
        const data = (await client.dataUntil("last")).filter((text) => !text.includes("reason"));
        expect(data).toEqual(expected.slice(-data.length));
        expect(data.some((text) => text.startsWith("from onReset"))).toBe(true);
      }
    });

    it("may throw: onError gets the error, and no stream is harmed (P13)", async () => {
      const mine = new Error("mine");
      const hook = (): never => {
        throw mine;
      };
      const app = await startChannel(createLog, { onSubscribe: hook, onUnsubscribe: hook, onReset: hook });
      const client = await app.read({}, { lastEventId: "nonsense" });
      await client.until("reset");
      await app.channel.publish("a");
      expect(await client.dataUntil("a")).toEqual(['{"reason":"unknown-id"}', "a"]);
      client.leave();
      await until("the last hook", () => app.errors.length === 3);
      expect(app.errors).toEqual([mine, mine, mine]);
      expect(app.channel.size).toBe(0);
    });

    it("may publish at the moment when the client becomes live", async () => {
      const app = await startChannel(createLog, { onReset: () => void app.channel.publish("from onReset") });
      const client = await app.read({}, { lastEventId: "nonsense" });
      expect(await client.dataUntil("from onReset")).toEqual(['{"reason":"unknown-id"}', "from onReset"]);
    });
  });
}
