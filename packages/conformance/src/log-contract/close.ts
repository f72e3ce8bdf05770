import { describe, expect, it } from "vitest";
import { pause, within } from "../support/within.js";
import { numbers, probe, promised, type LogSubject } from "./log-subject.js";

export function closeContract(subject: LogSubject): void {
  describe("close", () => {
    it("can be called any number of times", async () => {
      const { log } = await probe(subject);
      expect(log.status).toBe("ready");
      await within("close()", Promise.all([log.close(), log.close()]));
      await within("close()", log.close());
      expect(log.status).toBe("closed");
    });

    it("makes later appends fail", async () => {
      const log = await probe(subject);
      await log.appendAll("a");
      await log.log.close();
      await expect(log.append("b")).rejects.toMatchObject({ code: "ERR_SSE_CHANNEL_CLOSED" });
      await expect(log.append({ data: "b", end: true })).rejects.toMatchObject({
        code: "ERR_SSE_CHANNEL_CLOSED",
      });
    });

    it("ends all tails", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      const [id] = await log.appendAll("a");
      await follower.untilTold(id!);
      const under = promised(() => log.log.append([{ data: "under way" }])).catch(() => {});
      await log.log.close();
      const calls = follower.news.length;
      await under;
      await pause(60);
      expect(follower.news).toHaveLength(calls);
      follower.tail.stop();
    });

    it("leaves no promise pending: every call before or after it resolves or rejects", async () => {
      const log = await probe(subject);
      const ask = (): Promise<unknown>[] => [
        ...numbers(5).map((text) => log.append(text)),
        log.read("start"),
        log.read({ after: "nonsense" }),
        log.peek(),
        log.follow(),
      ];
      const underWay = Promise.allSettled(ask());
      await log.log.close();
      await within("the calls before close()", underWay);
      const later = await within("the calls after close()", Promise.allSettled(ask()));
      expect(later.filter(({ status }) => status === "rejected").length).toBeGreaterThanOrEqual(5);
    });
  });
}
