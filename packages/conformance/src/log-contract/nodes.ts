import { describe, expect, it } from "vitest";
import { pause } from "../support/within.js";
import { expectEntries, LogProbe, numbers, probe, type LogSubject } from "./log-subject.js";

/** Two nodes that have opened the same log. */
export function nodesContract(subject: LogSubject): void {
  const twoNodes = async (): Promise<[LogProbe, LogProbe]> => {
    const one = await probe(subject);
    return [one, new LogProbe(await subject.another!(one.log))];
  };

  describe("on two nodes", () => {
    it("is the same log in the same order", async () => {
      const [one, other] = await twoNodes();
      const followers = [await one.follow(), await other.follow()];
      const appending = numbers(50).map((text) => (Number(text) % 2 ? one : other).append(text));
      const ids = await Promise.all(appending);
      for (const id of ids) for (const follower of followers) await follower.untilTold(id);
      expect(followers[1]!.ids).toEqual(followers[0]!.ids);
      const odd = followers[0]!.data.filter((text) => Number(text) % 2);
      expect(odd).toEqual(numbers(50).filter((text) => Number(text) % 2));
    });

    it("accepts an id of the other node that its own listeners were not told yet", async () => {
      const [one, other] = await twoNodes();
      const follower = await other.follow();
      for (let i = 0; i < 20; i++) {
        const id = await one.append(String(i));
        const { entries, cursor } = expectEntries(await other.read({ after: id }));
        expect([entries, cursor]).toEqual([[], id]);
      }
      const last = await one.append("last");
      await follower.untilTold(last);
    });

    it("knows the keys of the other node", async () => {
      const [one, other] = await twoNodes();
      const drafts = [one, other, one, other].map((log) => log.append({ data: "a", idempotencyKey: "k" }));
      expect(new Set(await Promise.all(drafts)).size).toBe(1);
    });

    it("ends once if both nodes end it", async () => {
      const [one, other] = await twoNodes();
      await one.append("a");
      const ending = [one, other].map((log, n) => log.append({ data: `end ${n}`, end: true }));
      const results = await Promise.allSettled(ending);
      const ids = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      expect(ids).toHaveLength(1);
      expect(results.find(({ status }) => status === "rejected")).toMatchObject({
        reason: { code: "ERR_SSE_CHANNEL_ENDED" },
      });
      const peeks = await Promise.all([one.peek(), other.peek()]);
      expect(peeks.map(({ end }) => end?.id)).toEqual([ids[0], ids[0]]);
    });

    it("ends on both nodes", async () => {
      const [one, other] = await twoNodes();
      const follower = await other.follow();
      const id = await one.append({ data: "bye", end: true });
      await expect(other.append("late")).rejects.toMatchObject({ code: "ERR_SSE_CHANNEL_ENDED" });
      await follower.untilTold(id);
    });

    it("holds every acknowledged draft and no refused one if a node closes meanwhile", async () => {
      const [one, other] = await twoNodes();
      const appending = numbers(10).map((text) => one.append(text));
      await appending[4];
      appending.push(...numbers(10, 10).map((text) => one.append(text)));
      await one.log.close();
      const results = await Promise.allSettled(appending);
      const unknown = results.map(
        (result) =>
          result.status === "rejected" &&
          (result.reason as { code: unknown }).code === "ERR_SSE_LOG_UNAVAILABLE",
      );
      const last = await other.append("last");
      await other.untilReadable(last);
      const stored = new Map((await other.entries("start")).map(({ data, id }) => [data, id]));
      const wrong = results.filter(
        (result, n) =>
          !unknown[n] && stored.get(String(n)) !== (result.status === "fulfilled" ? result.value : undefined),
      );
      expect(wrong).toEqual([]);
      expect(stored.size).toBeGreaterThan(5);
    });

    it("works on one node when the other has closed it", async () => {
      const [one, other] = await twoNodes();
      const [closed, follower] = [await one.follow(), await other.follow()];
      const first = await one.append("a");
      await closed.untilTold(first);
      await one.log.close();
      const id = await other.append("b");
      await follower.untilTold(id);
      await pause(50);
      expect([follower.data, closed.data]).toEqual([["a", "b"], ["a"]]);
      expect(await other.data("start")).toEqual(["a", "b"]);
    });
  });
}
