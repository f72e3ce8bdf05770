import { describe, expect, it } from "vitest";
import { pause } from "../support/within.js";
import { code, numbers, probe, type LogSubject } from "./log-subject.js";

const FULL = code("ERR_SSE_LOG_FULL");

export function completeHistoryContract(subject: LogSubject): void {
  describe("its complete history", () => {
    it("keeps every entry, from the first one on", async () => {
      const log = await probe(subject, { complete: true, keep: 60_000, maxBytes: 1 << 20 });
      const ids = await log.batch(numbers(500));
      const more = await log.batch(numbers(500, 500));
      await log.untilReadable(more.at(-1)!);
      expect(await log.data("start")).toEqual(numbers(1_000));
      expect((await log.peek()).first).toMatchObject({ id: ids[0], data: "0" });
    });

    it("refuses an append that exceeds maxBytes, and stores nothing of it", async () => {
      const log = await probe(subject, { complete: true, keep: 60_000, maxBytes: 4_000 });
      const id = await log.append({ data: "a".repeat(3_000), idempotencyKey: "k" });
      await expect(log.append("b".repeat(2_000))).rejects.toMatchObject(FULL);
      await expect(log.batch(["c", "d".repeat(2_000)])).rejects.toMatchObject(FULL);
      expect(await log.append({ data: "a", idempotencyKey: "k" })).toBe(id);
      const small = await log.append("e");
      await log.untilReadable(small);
      expect((await log.data("start")).map((text) => text[0])).toEqual(["a", "e"]);
    });

    it("counts the bytes of topics and keys", async () => {
      const history = { complete: true, keep: 60_000, maxBytes: 4_000 } as const;
      const drafts = [
        { topics: ["ü".repeat(1_000), "ü".repeat(1_000)] },
        { idempotencyKey: "ü".repeat(2_000) },
      ];
      for (const draft of drafts) {
        const log = await probe(subject, history);
        await expect(log.append({ data: "a", ...draft })).rejects.toMatchObject(FULL);
        await log.append("b");
      }
    });

    it("accepts control entries and the end even if it is full", async () => {
      const log = await probe(subject, { complete: true, keep: 60_000, maxBytes: 1_000 });
      const ids = [await log.append("a".repeat(900))];
      ids.push(await log.append({ data: "c".repeat(900), control: true }));
      await expect(log.append("x")).rejects.toMatchObject(FULL);
      await expect(log.batch(["x", { data: "bye", end: true }])).rejects.toMatchObject(FULL);
      ids.push(
        ...(await log.batch([
          { data: "c", control: true },
          { data: "b".repeat(900), end: true },
        ])),
      );
      await log.untilReadable(ids.at(-1)!);
      expect((await log.entries("start")).map((entry) => entry.id)).toEqual(ids);
    });

    it("is kept, however old, as long as the log is open and has not ended", async () => {
      const log = await probe(subject, { complete: true, keep: 50, maxBytes: 10_000 });
      const first = await log.append("a");
      await pause(150);
      const second = await log.append({ data: "b" }, { after: first });
      await log.untilReadable(second);
      await pause(150);
      expect(await log.data("start")).toEqual(["a", "b"]);
    });

    it("expires as a whole, `keep` after the end", async () => {
      const log = await probe(subject, { complete: true, keep: 200, maxBytes: 10_000 });
      await log.append("a");
      await pause(150);
      const ids = await log.batch(["b", "c", { data: "bye", end: true }]);
      const sizes = new Set<number>();
      const deadline = performance.now() + 5_000;
      for (let size = -1; size !== 0; await pause(10)) {
        expect(performance.now()).toBeLessThan(deadline);
        const read = await log.read("oldest");
        size = "entries" in read ? read.entries.length : 0;
        // An entry can be read only after the listeners were told it, which may be later.
        const isWhole = "entries" in read && read.entries.at(-1)?.id === ids.at(-1);
        if (isWhole || size === 0) sizes.add(size);
      }
      expect([...sizes].filter((size) => size !== 4)).toEqual([0]);
      const after = await log.read({ after: ids[0]! });
      expect(["evicted", "new-log"]).toContain("reset" in after ? after.reset : "no reset");
      expect((await log.peek()).first).toBeUndefined();
    });
  });
}
