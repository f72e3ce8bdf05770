import type { SseError } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import { never, pause, within } from "../support/within.js";
import { startChannel, type CreateLog } from "./channel-app.js";

export function closeContract(createLog: CreateLog): void {
  describe("close", () => {
    it("closes the subscribers after what they were sent, and they may reconnect", async () => {
      const app = await startChannel(createLog);
      expect(app.channel.status).toBe("ready");
      const clients = [await app.read(), await app.read({ topics: ["x"] })];
      await app.channel.publish("a");
      await clients[0]!.until("a");
      await within("close()", app.channel.close());
      for (const client of clients) {
        expect(await within("its end", client.ended)).toBe(true);
        expect(await client.stream.closed).toBe("closed");
        expect(client.text).not.toContain("~end");
      }
      expect(app.channel.size).toBe(0);
      expect([app.log.status, app.channel.status]).toEqual(["closed", "closed"]);
    });

    it("makes later calls fail, and can be called again", async () => {
      const app = await startChannel(createLog);
      await within("close()", Promise.all([app.channel.close(), app.channel.close()]));
      const closed = { code: "ERR_SSE_CHANNEL_CLOSED" };
      await expect(app.channel.publish("a")).rejects.toMatchObject(closed);
      await expect(app.channel.publishAll(["a"])).rejects.toMatchObject(closed);
      await within("end()", app.channel.end());
      await app.read((stream) => {
        expect(() => app.channel.subscribe(stream)).toThrow(expect.objectContaining(closed));
      });
      await within("close()", app.channel.close());
    });

    it("aborts the sources that are being published", async () => {
      const app = await startChannel(createLog);
      let signal: AbortSignal | undefined;
      let returned = false;
      const publishing = app.channel.publishAll((context) => {
        ({ signal } = context);
        return {
          [Symbol.asyncIterator]: () => ({
            next: never,
            return: async () => ((returned = true), { done: true as const, value: undefined }),
          }),
        };
      });
      const starting = app.channel.publishAll(() => never());
      const ending = app.channel.end().catch((error: unknown) => error);
      await pause(5);
      await within("close()", app.channel.close());
      expect(await within("publishAll()", publishing)).toBe(false);
      expect([signal!.aborted, returned]).toEqual([true, true]);
      expect(await within("publishAll() of a source that never comes", starting)).toBe(false);
      expect(await within("end()", ending)).toMatchObject({ code: "ERR_SSE_CHANNEL_CLOSED" });
    });

    it("works at any moment, and no promise stays pending", async () => {
      for (let ms = 0; ms < 60; ms += 6) {
        const app = await startChannel(createLog);
        const publishing = Array.from({ length: 20 }, (_, n) => app.channel.publish(`${n}`));
        const snapshot = (): Promise<string> => pause(20).then(() => "state");
        const uses = [{}, { from: "start" as const }, { from: { after: "nonsense" } }, { snapshot }];
        const clients = await Promise.all(uses.map((use) => app.read(use)));
        await pause(ms);
        await within("close()", app.channel.close());
        const settled = await within("publish()", Promise.allSettled(publishing));
        const rejected = settled.filter((result) => result.status === "rejected");
        expect(rejected.map(({ reason }) => (reason as SseError).code)).toEqual(
          rejected.map(() => "ERR_SSE_CHANNEL_CLOSED"),
        );
        for (const client of clients) await client.all();
        expect(app.channel.size).toBe(0);
      }
    });
  });
}
