import type { EventStream } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import type { RawClient } from "../clients/raw-client.js";
import { pause, until, within } from "../support/within.js";
import { expectHolesAnnounced, startChannel, type CreateLog } from "./channel-app.js";

const FILLER = "x".repeat(8_000);
// More events than fit into the buffers of the operating system for a client that does not read.
const COUNT = 1_000;

/** The number at the start of each received event, or `undefined` for a reset. */
function numbersOf({ text }: RawClient): (number | undefined)[] {
  return [...text.matchAll(/data: (?:(\d+) x|\{"reason")/g)].map(([, n]) =>
    n === undefined ? n : Number(n),
  );
}

export function slowReaderContract(createLog: CreateLog): void {
  describe("P7: a client that stops reading", () => {
    it("costs little memory, delays no other client, and gets everything when it reads again", async () => {
      const app = await startChannel(createLog, { history: { bytes: 64 << 20 } });
      const stopped = await app.connect();
      await stopped.client.until("retry:");
      stopped.client.socket.pause();
      const reader = await app.read();
      let most = 0;
      for (let i = 0; i < COUNT; i++) {
        void app.channel.publish(`${i} ${FILLER}`);
        most = Math.max(most, stopped.stream.bufferedBytes);
        if (i % 20 === 0) await pause(1);
      }
      await app.channel.publish(`${COUNT} ${FILLER}`);
      const seen = await reader.until(`${COUNT} ${FILLER}`);
      expect(seen.map(({ data }) => Number.parseInt(data, 10))).toEqual(
        Array.from({ length: COUNT + 1 }, (_, n) => n),
      );
      expect(most).toBeLessThan(200_000);
      expect(app.lags).toBeGreaterThan(0);
      stopped.client.socket.resume();
      await until("all of it", () => stopped.client.text.includes(`data: ${COUNT} x`), 10_000);
      expect(numbersOf(stopped.client)).toEqual(Array.from({ length: COUNT + 1 }, (_, n) => n));
      await app.channel.publish("live again");
      await stopped.client.until("live again");
      expect(app.resets).toEqual([]);
    });

    it("gets one reset for every hole when it reads again", async () => {
      const told: string[] = [];
      let stopped: EventStream | undefined;
      const app = await startChannel(createLog, {
        history: { events: 20 },
        onReset: (reset, reason) => void (reset === stopped && told.push(reason)),
      });
      const { client, stream } = await app.connect();
      stopped = stream;
      await client.until("retry:");
      client.socket.pause();
      const witness = await app.read();
      for (let i = 0; i < COUNT; i++) {
        void app.channel.publish(`${i} ${FILLER}`);
        if (i % 5 === 0) await pause(1);
      }
      await app.channel.publish(`${COUNT} ${FILLER}`);
      await until("the witness", () => witness.events.at(-1)?.data.startsWith(`${COUNT} `) ?? false);
      client.socket.resume();
      await until("the newest", () => client.text.includes(`data: ${COUNT} x`), 10_000);
      const seen = numbersOf(client);
      expectHolesAnnounced(seen, 0);
      expect(seen.length).toBeLessThan(COUNT);
      expect(told).toEqual(seen.filter((n) => n === undefined).map(() => "evicted"));
    });

    it("forever is disconnected after stallTimeout, and its subscription ends", async () => {
      const app = await startChannel(createLog, { streams: { stallTimeout: 300 } });
      const { client, stream } = await app.connect();
      await client.until("retry:");
      client.socket.pause();
      const reader = await app.read();
      for (let i = 0; i < COUNT; i++) {
        void app.channel.publish(`${i} ${FILLER}`);
        if (i % 20 === 0) await pause(1);
      }
      expect(await within("its end", stream.closed)).toBe("slow");
      expect(app.channel.size).toBe(1);
      await app.channel.publish("last");
      await reader.until("last");
      expect(stream.bufferedBytes).toBe(0);
    });

    it("is disconnected when messages that the program sends itself exceed maxBufferedBytes", async () => {
      const app = await startChannel(createLog, { streams: { maxBufferedBytes: 100_000 } });
      for (let i = 0; i < COUNT; i++) void app.channel.publish(`${i} ${FILLER}`);
      const { client, stream } = await app.connect({ from: "start" });
      client.socket.pause();
      let most = 0;
      const sending = (async () => {
        while (stream.send(FILLER)) {
          most = Math.max(most, stream.bufferedBytes);
          await pause(0);
        }
      })();
      await within("its end", sending, 10_000);
      expect(await stream.closed).toBe("slow");
      expect(most).toBeLessThan(100_000 + 2 * FILLER.length + 100);
    });
  });

  describe("a client with much to replay", () => {
    it("gets the events as fast as it reads, even if more are published meanwhile", async () => {
      const app = await startChannel(createLog, { history: { bytes: 64 << 20 } });
      for (let i = 0; i < COUNT; i++) void app.channel.publish(`${i} ${FILLER}`);
      const { client, stream } = await app.connect({ from: "start" });
      client.socket.pause();
      for (let i = COUNT; i < COUNT + 50; i++) {
        void app.channel.publish(`${i} ${FILLER}`);
        expect(stream.bufferedBytes).toBeLessThan(200_000);
        await pause(1);
      }
      client.socket.resume();
      await until("all of it", () => client.text.includes(`data: ${COUNT + 49} x`), 10_000);
      expect(numbersOf(client)).toEqual(Array.from({ length: COUNT + 50 }, (_, n) => n));
    });
  });
}
