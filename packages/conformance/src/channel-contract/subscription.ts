import { createChannel } from "@ssekit/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { until } from "../support/within.js";
import { startChannel, type CreateLog } from "./channel-app.js";

export function subscriptionContract(createLog: CreateLog): void {
  describe("a subscription", () => {
    it("is the only one of its stream: a second subscribe throws and changes nothing", async () => {
      const app = await startChannel(createLog);
      const other = createChannel({ log: createLog() });
      onTestFinished(() => other.close());
      const client = await app.read((stream) => {
        app.channel.subscribe(stream);
        for (const channel of [app.channel, other]) {
          expect(() => channel.subscribe(stream)).toThrow(
            expect.objectContaining({ code: "ERR_SSE_SUBSCRIBED" }),
          );
        }
        const withId = { id: "1", data: "x" };
        expect(() => stream.send(withId)).toThrow(expect.objectContaining({ code: "ERR_SSE_SUBSCRIBED" }));
      });
      expect([app.channel.size, other.size, app.subscriptions]).toEqual([1, 0, 1]);
      await other.publish("no");
      await app.channel.publish("yes");
      expect(await client.dataUntil("yes")).toEqual(["yes"]);
    });

    it("can be replaced after unsubscribe, at once and later", async () => {
      const app = await startChannel(createLog);
      const other = createChannel({ log: createLog() });
      onTestFinished(() => other.close());
      const client = await app.read((stream) => {
        app.channel.subscribe(stream, { from: "start" }).unsubscribe();
        const subscription = app.channel.subscribe(stream);
        setTimeout(() => {
          subscription.unsubscribe();
          subscription.unsubscribe();
          other.subscribe(stream);
        }, 20);
      });
      await until("the other channel's subscriber", () => other.size === 1);
      expect(app.channel.size).toBe(0);
      await app.channel.publish("one");
      await other.publish("other");
      expect(await client.dataUntil("other")).toEqual(["other"]);
    });

    it("that is unsubscribed while the log is being read sends nothing more", async () => {
      const app = await startChannel(createLog);
      for (let i = 0; i < 5; i++) await app.channel.publish(`${i}`);
      const clients = await Promise.all(
        Array.from({ length: 12 }, (_, ms) =>
          app.read((stream) => {
            // The client gets nothing, or only what arrived before unsubscribe.
            const { unsubscribe } = app.channel.subscribe(stream, {
              from: ms % 2 ? "start" : { after: "nonsense" },
            });
            const leave = (): void => {
              unsubscribe();
              stream.send("left");
            };
            if (ms === 0) leave();
            else setTimeout(leave, ms * 5);
          }),
        ),
      );
      await until("nobody", () => app.channel.size === 0);
      await app.channel.publish("not for them");
      for (const client of clients) {
        client.stream.send("last");
        const data = await client.dataUntil("last");
        expect(data.slice(data.indexOf("left"))).toEqual(["left", "last"]);
      }
      expect(app.errors).toEqual([]);
    });

    it("ends when the client leaves, even during a call of the log", async () => {
      const app = await startChannel(createLog);
      await app.channel.publish("x".repeat(10_000));
      for (let ms = 0; ms < 12; ms++) {
        const client = await app.read({ from: "start" });
        setTimeout(() => client.leave(), ms * 5);
      }
      await until("nobody", () => app.channel.size === 0);
      expect(app.errors).toEqual([]);
      await until("no stream", () => app.events.streams.size === 0);
    });

    it("of a closed stream has no effect", async () => {
      const app = await startChannel(createLog);
      const client = await app.read((stream) => {
        stream.close();
        app.channel.subscribe(stream).unsubscribe();
      });
      await client.all();
      expect([app.channel.size, app.subscriptions]).toEqual([0, 0]);
    });

    it("lets the program send its own messages, and each arrives once", async () => {
      const app = await startChannel(createLog);
      const client = await app.read((stream) => {
        app.channel.subscribe(stream, { from: "start" });
        stream.send({ event: "own", data: "1" });
      });
      await app.channel.publish("a");
      await client.until("a");
      client.stream.send({ event: "own", data: "2" });
      await client.until("2");
      await app.channel.publish("b");
      const data = await client.dataUntil("b");
      expect(data.filter((text) => /[ab]/.test(text))).toEqual(["a", "b"]);
      expect(data.filter((text) => /[12]/.test(text))).toEqual(["1", "2"]);
    });

    it("of a lagging stream that is closed does not lose messages that the program has sent", async () => {
      const app = await startChannel(createLog);
      for (let i = 0; i < 3; i++) await app.channel.publish("x".repeat(40_000));
      const client = await app.read((stream) => {
        app.channel.subscribe(stream, { from: "start" });
        expect(stream.send("own")).toBe(true);
        stream.close();
      });
      expect((await client.all()).map(({ data }) => data)).toContain("own");
      expect(await client.stream.closed).toBe("closed");
    });
  });
}
