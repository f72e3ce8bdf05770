import { describe, expect, it } from "vitest";
import { code, probe, type LogProbe, type LogSubject } from "./log-subject.js";

const keyed = (data: string, idempotencyKey = data) => ({ data, idempotencyKey });

/** Several drafts in one call, and drafts whose idempotency key is known. */
export function batchContract(subject: LogSubject): void {
  describe("append of several drafts", () => {
    it("returns an id for each draft, in the same order", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      const first = await log.batch(["a", "b", "c"]);
      const second = await log.batch(["d", { data: "bye", end: true }]);
      await follower.untilTold(second[1]!);
      expect(follower.ids).toEqual([...first, ...second]);
      expect((await log.entries("start")).map(({ data, id }) => [data, id])).toEqual([
        ["a", first[0]],
        ["b", first[1]],
        ["c", first[2]],
        ["d", second[0]],
        ["bye", second[1]],
      ]);
      expect(follower.told.at(-1)!.end).toBe(true);
    });

    it("returns no ids for no drafts", async () => {
      const log = await probe(subject);
      expect(await log.batch([])).toEqual([]);
      expect(await log.batch([], { after: "nonsense" })).toEqual([]);
      expect(await log.entries("start")).toEqual([]);
    });

    it("stores no draft if one of them follows the end", async () => {
      const log = await probe(subject);
      const drafts = ["a", { data: "bye", end: true as const }, keyed("late")];
      await expect(log.batch(drafts)).rejects.toMatchObject(code("ERR_SSE_CHANNEL_ENDED"));
      await expectOnly(log, []);
      const ids = await log.batch(drafts.slice(0, 2));
      await log.untilReadable(ids[1]!);
      expect(await log.data("start")).toEqual(["a", "bye"]);
    });

    it("stores two drafts with the same key as one entry", async () => {
      const log = await probe(subject);
      const ids = await log.batch([keyed("a", "k"), "b", keyed("changed", "k"), keyed("b"), keyed("c", "k")]);
      expect(new Set(ids).size).toBe(3);
      expect([ids[2], ids[4]]).toEqual([ids[0], ids[0]]);
      await log.untilReadable(ids[3]!);
      expect(await log.data("start")).toEqual(["a", "b", "b"]);
    });

    it("stores drafts with unknown keys, and returns the existing ids for known keys", async () => {
      const log = await probe(subject);
      const [a, c] = await log.batch([keyed("a"), keyed("c")]);
      const ids = await log.batch([keyed("c"), keyed("b"), keyed("a"), "d"]);
      expect([ids[0], ids[2]]).toEqual([c, a]);
      await log.untilReadable(ids[3]!);
      const entries = await log.entries("start");
      expect(entries.map(({ data }) => data)).toEqual(["a", "c", "b", "d"]);
      expect(entries.map(({ id }) => id)).toEqual([a, c, ids[1], ids[3]]);
    });

    it("knows the keys of appends that have not settled yet", async () => {
      const log = await probe(subject);
      const keys = ["__proto__", "k", "k", "constructor", "__proto__", "k", ""];
      const ids = await Promise.all(keys.map((key) => log.append(keyed(key))));
      await log.untilReadable(ids[6]!);
      expect(await log.data("start")).toEqual(["__proto__", "k", "constructor", ""]);
      expect([ids[2], ids[5], ids[4]]).toEqual([ids[1], ids[1], ids[0]]);
    });

    it("tells listeners an entry only once if its draft is appended again with the same key", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      const first = await log.append(keyed("a", "k"));
      const [again, other, changed] = await log.appendAll(keyed("a", "k"), "b", keyed("changed", "k"));
      expect([again, changed]).toEqual([first, first]);
      await follower.untilTold(other!);
      expect(follower.data).toEqual(["a", "b"]);
    });

    it("checks the keys before the end and before the condition", async () => {
      const log = await probe(subject);
      const [a] = await log.batch([keyed("a"), "b"]);
      expect(await log.batch([keyed("a")], { after: "start" })).toEqual([a]);
      await expect(log.batch([keyed("a"), keyed("new")], { after: "start" })).rejects.toMatchObject(
        code("ERR_SSE_CONFLICT"),
      );
      const end = { data: "bye", end: true as const, idempotencyKey: "the end" };
      const [endId] = await log.batch([end]);
      expect(await log.batch([keyed("a"), end], { after: "start" })).toEqual([a, endId]);
      await expect(log.batch([keyed("a"), keyed("new")])).rejects.toMatchObject(
        code("ERR_SSE_CHANNEL_ENDED"),
      );
      await log.untilReadable(endId!);
      expect(await log.data("start")).toEqual(["a", "b", "bye"]);
    });
  });
}

/** Expects that the log holds exactly these entries, and stores the next draft after them. */
async function expectOnly(log: LogProbe, data: readonly string[]): Promise<void> {
  const { cursor } = await log.peek();
  const entries = await log.entries("start");
  expect(entries.map((entry) => entry.data)).toEqual(data);
  expect(await log.entries({ after: cursor })).toEqual([]);
}
