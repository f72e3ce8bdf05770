import { describe, expect, it } from "vitest";
import { faultyLog } from "../faulty-log.js";
import type { LogOperation } from "../latent-log.js";
import { never, until, within } from "../support/within.js";
import { brief, startChannel, type CreateLog } from "./channel-app.js";

const FILLER = "x".repeat(8_000);

export function awaitedEndContract(createLog: CreateLog): void {
  describe("end() of a subscribed stream", () => {
    it("waits until the client has been sent everything that was published before it", async () => {
      const app = await startChannel(createLog);
      const large = Array.from({ length: 10 }, (_, n) => `${n} ${"x".repeat(40_000)}`);
      for (const text of large) await app.channel.publish(text);
      await (await app.read({ from: "start" })).until(large.at(-1)!);
      const client = await app.read((stream) => {
        app.channel.subscribe(stream, { from: "start" });
        stream.end({ event: "bye" });
        expect(stream.send("late")).toBe(false);
      });
      const events = await client.all();
      expect(brief(events)).toEqual([...large, "bye"]);
      expect(events.at(-1)!.lastEventId).toMatch(/-\d+(\.\d+)*~end$/);
      expect(await client.stream.closed).toBe("ended");
    });

    it("waits even if the channel has only begun to follow its log", async () => {
      const app = await startChannel(createLog);
      for (const text of ["a", "b", "c"]) await app.channel.publish(text);
      await app.channel.publish("d");
      const client = await app.read((stream) => {
        app.channel.subscribe(stream, { from: "start" });
        stream.end({ event: "bye" });
      });
      const data = brief(await client.all());
      expect(data.slice(0, 3)).toEqual(["a", "b", "c"]);
      expect(data.at(-1)).toBe("bye");
      expect(await client.stream.closed).toBe("ended");
    });

    it("takes effect even if the stream unsubscribes while it waits", async () => {
      const app = await startChannel(createLog);
      for (let i = 0; i < 20; i++) await app.channel.publish("x".repeat(40_000));
      const client = await app.read((stream) => {
        const subscription = app.channel.subscribe(stream, { from: "start" });
        stream.end({ event: "bye" });
        subscription.unsubscribe();
      });
      expect((await client.all()).at(-1)!.type).toBe("bye");
      expect(await client.stream.closed).toBe("ended");
    });

    it("ends a live stream at once", async () => {
      const app = await startChannel(createLog);
      const client = await app.read();
      await app.channel.publish("a");
      await client.until("a");
      client.stream.end();
      const events = await client.all();
      expect(brief(events)).toEqual(["a", "end"]);
      expect(events[1]!.lastEventId).toBe(`${events[0]!.lastEventId}~end`);
    });

    it("comes after everything that was acknowledged before, whatever the latency of the log", async () => {
      const app = await startChannel(createLog);
      for (let n = 0; n < 12; n++) {
        const clients = [
          await app.read(),
          await app.read({ from: "start" }),
          await app.read({ filter: () => true }),
        ];
        await app.channel.publish(`x ${n}`);
        for (const { stream } of clients) stream.end();
        for (const client of clients) {
          expect(brief(await client.all()).slice(-2)).toEqual([`x ${n}`, "end"]);
          expect(await client.stream.closed).toBe("ended");
        }
      }
    });

    it("takes effect after a reset if the entry that it waits for was evicted", async () => {
      const app = await startChannel(createLog, { history: { events: 20 } });
      const witness = await app.read();
      const { client, stream } = await app.connect();
      await client.until("retry:");
      client.socket.pause();
      for (let n = 0; n < 1_000; n++) void app.channel.publish(`${n} ${FILLER}`);
      await app.channel.publish("the last before");
      await witness.until("the last before");
      stream.end({ event: "bye" });
      for (let n = 0; n < 50; n++) void app.channel.publish(`after ${n}`);
      await app.channel.publish("the last of all");
      await witness.until("the last of all");
      client.socket.resume();
      const text = await client.until("event: bye");
      expect(text.match(/event: (reset|bye)/g)).toEqual(["event: reset", "event: bye"]);
      expect(await within("its end", stream.closed)).toBe("ended");
    });

    it("waits no longer than headTimeout for a snapshot", async () => {
      const app = await startChannel(createLog, { streams: { headTimeout: 100 } });
      const client = await app.read({ snapshot: never });
      client.stream.end({ event: "bye" });
      expect(brief(await client.all())).toEqual(["bye"]);
      expect(await client.stream.closed).toBe("ended");
    });

    it.each<LogOperation>(["read", "tail"])(
      "waits no longer than stallTimeout for a log whose %s never settles, and the stream does not look complete (P14)",
      async (operation) => {
        const app = await startChannel(
          (history) => faultyLog(createLog(history), (asked) => (asked === operation ? never : undefined)),
          { streams: { stallTimeout: 200 } },
        );
        const client = await app.read({ from: "start" });
        client.stream.end({ event: "bye" });
        expect(await within("the end", client.ended)).toBe(false);
        expect([await client.stream.closed, brief(client.events)]).toEqual(["error", []]);
        expect(app.errors).toMatchObject([{ code: "ERR_SSE_LOG_UNAVAILABLE" }]);
        await until("nobody", () => app.channel.size === 0);
      },
    );
  });
}
