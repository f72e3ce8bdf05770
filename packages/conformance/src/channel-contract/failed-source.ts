import { describe, expect, it } from "vitest";
import { within } from "../support/within.js";
import { brief, startChannel, type CreateLog } from "./channel-app.js";

const broken = new Error("broken");

async function* failing(): AsyncGenerator<string> {
  yield "a";
  await Promise.resolve();
  throw broken;
}

export function failedSourceContract(createLog: CreateLog): void {
  describe("P14: end() after a source of publishAll has failed", () => {
    it("tells the readers that the source failed, without the error's message, and rejects with the error", async () => {
      const app = await startChannel(createLog);
      const client = await app.read();
      await expect(within("publishAll()", app.channel.publishAll(failing()))).rejects.toBe(broken);
      await expect(within("end()", app.channel.end({ event: "done" }))).rejects.toBe(broken);
      expect(await client.all()).toMatchObject([{ data: "a" }, { type: "failed", data: "" }]);
      expect(await client.stream.closed).toBe("ended");
      await expect(within("end()", app.channel.end({ event: "done" }))).rejects.toBe(broken);
      await expect(app.channel.publish("late")).rejects.toMatchObject({ code: "ERR_SSE_CHANNEL_ENDED" });
      const late = await app.read({ from: "start" });
      expect(brief(await late.all())).toEqual(["a", "failed"]);
    });

    it("does so even if neither promise is awaited", async () => {
      const app = await startChannel(createLog);
      const client = await app.read();
      void app.channel.publishAll(failing());
      void app.channel.publishAll(["of another source"]);
      void app.channel.end({ event: "done" });
      const data = brief(await client.all());
      expect([data.toSorted(), data.at(-1)]).toEqual([["a", "failed", "of another source"], "failed"]);
      expect(app.errors).toEqual([broken]);
    });

    it("sends the readers what describeError returns, unless describeError throws", async () => {
      const describeError = (error: unknown) => ({ event: "sorry", data: (error as Error).message });
      const app = await startChannel(createLog, { describeError });
      const client = await app.read();
      void app.channel.publishAll(failing());
      await expect(within("end()", app.channel.end())).rejects.toBe(broken);
      expect((await client.all()).at(-1)).toMatchObject({ type: "sorry", data: "broken" });

      const other = await startChannel(createLog, {
        describeError: () => {
          throw new Error("describeError fails, too");
        },
      });
      const reader = await other.read();
      void other.channel.publishAll(failing());
      await expect(within("end()", other.channel.end())).rejects.toBe(broken);
      expect(brief(await reader.all())).toEqual(["a", "failed"]);
    });
  });
}
