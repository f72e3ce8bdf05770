import { describe, expect, it, vi } from "vitest";
import { parseRawResponse } from "../clients/raw-client.js";
import { createGate, pause, within } from "../support/within.js";
import { startChannel, type CreateLog } from "./channel-app.js";

export function publishContract(createLog: CreateLog): void {
  describe("publish", () => {
    it("sends every subscriber the same frame, with the id that publish resolves with", async () => {
      const serialize = vi.fn(JSON.stringify);
      const app = await startChannel(createLog, { serialize });
      const clients = [await app.read(), await app.read()];
      expect(app.channel.size).toBe(2);
      const id = await app.channel.publish({ event: "tick", data: { n: 1 } });
      for (const client of clients) {
        expect(await client.until("tick")).toEqual([{ type: "tick", data: '{"n":1}', lastEventId: id }]);
      }
      expect(serialize).toHaveBeenCalledTimes(1);
    });

    it("reaches a stream that has just subscribed, even the first one of its channel", async () => {
      const app = await startChannel(createLog);
      const clients = await Promise.all(
        ["a", "b", "c"].map((text) =>
          app.read((stream) => {
            app.channel.subscribe(stream);
            void app.channel.publish(text);
          }),
        ),
      );
      await app.channel.publish("last");
      for (const [n, client] of clients.entries()) expect(await client.dataUntil("last")).toContain("abc"[n]);
    });

    it("keeps the order of the calls", async () => {
      const app = await startChannel(createLog);
      const client = await app.read();
      const data = Array.from({ length: 300 }, (_, n) => `${n}`);
      for (const [n, text] of data.entries()) {
        void app.channel.publish(text);
        if (n % 50 === 0) await pause(2);
      }
      await app.channel.publish("last");
      expect(await client.dataUntil("last")).toEqual([...data, "last"]);
    });

    it("sends events that are published in one turn of the event loop in one write", async () => {
      const app = await startChannel(createLog);
      const { client } = await app.connect();
      await client.until("retry:");
      for (let i = 0; i < 10; i++) void app.channel.publish({ event: "tick", data: i });
      const text = await client.until("data: 9\n\n");
      expect(parseRawResponse(text).chunks.filter((chunk) => chunk.includes("tick"))).toHaveLength(1);
    });

    it("collects events for flushInterval and sends them in one write", async () => {
      const app = await startChannel(createLog, { flushInterval: 400 });
      const { client } = await app.connect();
      await client.until("retry:");
      for (let i = 0; i < 5; i++) {
        await app.channel.publish({ event: "tick", data: i });
        await pause(1);
      }
      expect(client.text).not.toContain("tick");
      const text = await client.until("data: 4\n\n");
      expect(parseRawResponse(text).chunks.filter((chunk) => chunk.includes("tick"))).toHaveLength(1);
    });

    it("flushes collected events when a stream unsubscribes", async () => {
      const app = await startChannel(createLog, { flushInterval: 60_000 });
      const client = await app.read((stream) => {
        const subscription = app.channel.subscribe(stream, {
          filter: () => {
            setTimeout(() => subscription.unsubscribe(), 0);
            return true;
          },
        });
      });
      await app.channel.publish("a");
      expect(await client.dataUntil("a")).toEqual(["a"]);
    });

    it("publishes a message with the same idempotency key only once", async () => {
      const app = await startChannel(createLog);
      const client = await app.read();
      const message = { data: "a", idempotencyKey: "k" };
      const ids = await Promise.all([app.channel.publish(message), app.channel.publish(message)]);
      expect(await app.channel.publish(message)).toBe(ids[0]);
      expect(ids[1]).toBe(ids[0]);
      await app.channel.publish("last");
      expect(await client.dataUntil("last")).toEqual(["a", "last"]);
    });

    it("keeps the order of the calls while an asynchronous schema is slow", async () => {
      const validate = async (value: unknown) => {
        await pause(10);
        const issues = [{ message: "no number", path: ["n"] }];
        return typeof value === "number" ? { value: value * 2 } : { issues };
      };
      const slow = { "~standard": { version: 1 as const, vendor: "test", validate } };
      const app = await startChannel(createLog, { schemas: { slow } });
      const client = await app.read();
      void app.channel.publish({ event: "slow", data: 1 });
      void app.channel.publish("after");
      void app.channel.publish({ event: "slow", data: 2 });
      await expect(app.channel.publish({ event: "slow", data: "x" })).rejects.toMatchObject({
        code: "ERR_SSE_INVALID_DATA",
        message: "data of slow: n: no number",
      });
      await app.channel.publish("last");
      expect(await client.dataUntil("last")).toEqual(["2", "after", "4", "last"]);
    });
  });

  describe("publishAll", () => {
    it("publishes a source even if nobody is connected, and ignores the ids of its items", async () => {
      const app = await startChannel(createLog);
      const published = await app.channel.publishAll([
        { id: "theirs", event: "delta", data: 1, retry: 5, comment: "c" },
        "two",
      ]);
      expect(published).toBe(true);
      const client = await app.read({ from: "start" });
      const events = await client.until("two");
      expect(events).toMatchObject([{ type: "delta", data: "1" }, { data: "two" }]);
      expect(events[0]!.lastEventId).toMatch(/-\d+(\.\d+)*$/);
      expect(client.retries).toEqual([3_000]);
    });

    it("publishes one item after another while readers connect and reconnect", async () => {
      const app = await startChannel(createLog);
      const gate = createGate();
      const publishing = app.channel.publishAll(async function* () {
        for (let i = 0; i < 20; i++) {
          yield { event: "delta", data: i };
          if (i === 9) await gate.opened;
        }
      });
      const client = await app.read({ from: "start" });
      const half = await client.until("9");
      client.leave();
      gate.open();
      const again = await app.read({ from: "start" }, { lastEventId: half.at(-1)!.lastEventId });
      const [rest, reload] = [
        await again.dataUntil("19"),
        await (await app.read({ from: "start" })).dataUntil("19"),
      ];
      await within("publishAll()", publishing);
      expect(rest).toEqual(Array.from({ length: 10 }, (_, n) => `${n + 10}`));
      expect(reload).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
    });

    it("rejects with the source's error after publishing the items before it", async () => {
      const app = await startChannel(createLog);
      const client = await app.read();
      const broken = new Error("broken");
      const publishing = app.channel.publishAll(async function* () {
        yield "a";
        throw broken;
      });
      await expect(within("publishAll()", publishing)).rejects.toBe(broken);
      expect(app.errors).toEqual([broken]);
      await app.channel.publish("last");
      expect(await client.dataUntil("last")).toEqual(["a", "last"]);
    });

    it("stops reading a source when an item cannot be published", async () => {
      const app = await startChannel(createLog);
      let returned = false;
      const publishing = app.channel.publishAll(
        (function* () {
          try {
            yield "a";
            yield { data: () => {} };
            yield "never";
          } finally {
            returned = true;
          }
        })(),
      );
      await expect(publishing).rejects.toMatchObject({ code: "ERR_SSE_INVALID_DATA" });
      expect(returned).toBe(true);
    });
  });
}
