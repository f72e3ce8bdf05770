import { describe, expect, it } from "vitest";
import { pause } from "../support/within.js";
import { expectEntries, expectReset, numbers, probe, type LogProbe, type LogSubject } from "./log-subject.js";

export function historyContract(subject: LogSubject): void {
  describe("its history", () => {
    it("has so many events, the newest", async () => {
      const log = await probe(subject, { events: 5 });
      const ids = await log.appendAll(...numbers(9));
      await log.untilReadable(ids.at(-1)!);
      expect(await log.dataAfter("start")).toEqual(numbers(5, 4));
      await expectEvicted(log, ids, 4);
    });

    it("has so many bytes on the wire, and the newest event however large", async () => {
      const log = await probe(subject, { bytes: 10_000 });
      const ids = await log.appendAll(...numbers(9).map((text) => text.repeat(3_000)));
      await log.untilReadable(ids.at(-1)!);
      expect((await log.dataAfter("start")).map((text) => text[0])).toEqual(["6", "7", "8"]);
      await expectEvicted(log, ids, 6);
      const large = await log.append("x".repeat(50_000));
      await log.untilReadable(large);
      expect((await log.entries("start")).map(({ id }) => id)).toEqual([large]);
      const small = await log.append("small");
      await log.untilReadable(small);
      expect(await log.dataAfter("start")).toEqual(["small"]);
    });

    it("has what is young enough", async () => {
      const log = await probe(subject, { age: 150 });
      const [first] = await log.appendAll("a", "b");
      const deadline = performance.now() + 5_000;
      while ((await log.entries("start")).length > 0) {
        expect(performance.now()).toBeLessThan(deadline);
        await pause(20);
      }
      expect(expectReset(await log.read(first!)).reset).toBe("evicted");
      const young = await log.append("c");
      await log.untilReadable(young);
      expect(await log.dataAfter("start")).toEqual(["c"]);
    });

    it("does not keep the key of what it has evicted", async () => {
      const log = await probe(subject, { events: 2 });
      const first = await log.append({ data: "a", idempotencyKey: "k" });
      await log.appendAll("b", "c");
      const again = await log.append({ data: "a", idempotencyKey: "k" });
      expect(again).not.toBe(first);
      await log.untilReadable(again);
      expect(await log.dataAfter("start")).toEqual(["c", "a"]);
      expect(await log.append({ data: "a", idempotencyKey: "k" })).toBe(again);
    });

    it("does not keep the key of what is too old", async () => {
      const log = await probe(subject, { age: 100 });
      const first = await log.append({ data: "a", idempotencyKey: "k" });
      await pause(150);
      expect(await log.append({ data: "a", idempotencyKey: "k" })).not.toBe(first);
    });

    it("may be gone before the log ends, which stays so", async () => {
      const log = await probe(subject, { events: 1 });
      const ids = await log.appendAll("a", "b", { data: "bye", end: true });
      await log.untilReadable(ids.at(-1)!);
      expect(expectReset(await log.read(ids[0]!)).reset).toBe("evicted");
      expect(await log.entries(ids[1]!)).toMatchObject([{ data: "bye", end: true }]);
      await expect(log.append("late")).rejects.toMatchObject({ code: "ERR_SSE_CHANNEL_ENDED" });
    });

    it("is told to a listener whole, however short it is", async () => {
      const log = await probe(subject, { events: 1 });
      const follower = await log.follow();
      const ids = await Promise.all(numbers(50).map((text) => log.append(text)));
      await follower.untilTold(ids.at(-1)!);
      expect(follower.data).toEqual(numbers(50));
    });

    it("goes on while it is evicted and read", async () => {
      const log = await probe(subject, { events: 8 });
      const appending = numbers(200).map((text) => log.append(text));
      let cursor = "start";
      const seen: number[] = [];
      const deadline = performance.now() + 5_000;
      while (seen.at(-1) !== 199) {
        expect(performance.now()).toBeLessThan(deadline);
        const read = await log.read(cursor, { events: 3, bytes: 1 << 20 });
        if ("reset" in read) expect(read.reset).toBe("evicted");
        else seen.push(...read.entries.map((entry) => Number(entry.data)));
        ({ cursor } = read);
        await pause(0);
      }
      await Promise.all(appending);
      expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    });
  });
}

/** Of the ids, those before `first` and all that came before it cannot be read on after; the others can. */
async function expectEvicted(log: LogProbe, ids: readonly string[], first: number): Promise<void> {
  for (const [n, id] of ids.entries()) {
    const read = await log.read(id);
    if (n < first - 1) {
      const { reset, cursor } = expectReset(read);
      expect(reset).toBe("evicted");
      expect((await log.entries(cursor)).map((entry) => entry.id)).toEqual(ids.slice(first));
    } else {
      expect(expectEntries(read).entries.map((entry) => entry.id)).toEqual(ids.slice(n + 1));
    }
  }
}
