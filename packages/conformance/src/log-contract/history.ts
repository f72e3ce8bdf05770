import type { News } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import { pause } from "../support/within.js";
import {
  code,
  expectEntries,
  expectReset,
  numbers,
  probe,
  type LogProbe,
  type LogSubject,
} from "./log-subject.js";

export function historyContract(subject: LogSubject): void {
  describe("its history", () => {
    it("keeps the newest `events` events", async () => {
      const log = await probe(subject, { events: 5 });
      const ids = await log.appendAll(...numbers(9));
      await log.untilReadable(ids.at(-1)!);
      expect(await log.data("oldest")).toEqual(numbers(5, 4));
      await expectEvicted(log, ids, 4);
    });

    it("keeps `bytes` bytes of events on the wire, and the newest event however large", async () => {
      const log = await probe(subject, { bytes: 10_000 });
      const ids = await log.appendAll(...numbers(9).map((text) => text.repeat(3_000)));
      await log.untilReadable(ids.at(-1)!);
      expect((await log.data("oldest")).map((text) => text[0])).toEqual(["6", "7", "8"]);
      await expectEvicted(log, ids, 6);
      const large = await log.append("x".repeat(50_000));
      await log.untilReadable(large);
      expect((await log.entries("oldest")).map(({ id }) => id)).toEqual([large]);
      const small = await log.append("small");
      await log.untilReadable(small);
      expect(await log.data("oldest")).toEqual(["small"]);
    });

    it("counts the bytes of keys and topics", async () => {
      const large = [
        (n: string) => ({ data: n, idempotencyKey: n + "ü".repeat(1_500) }),
        (n: string) => ({ data: n, topics: ["a", "ü".repeat(1_500)] }),
      ];
      for (const draft of large) {
        const log = await probe(subject, { bytes: 10_000 });
        const ids = await log.appendAll(...numbers(9).map((n) => draft(n)));
        await log.untilReadable(ids.at(-1)!);
        expect(await log.data("oldest")).toEqual(["6", "7", "8"]);
      }
    });

    it("keeps entries that are younger than `age`", async () => {
      const log = await probe(subject, { age: 150 });
      const [first] = await log.appendAll("a", "b");
      const deadline = performance.now() + 5_000;
      while ((await log.entries("oldest")).length > 0) {
        expect(performance.now()).toBeLessThan(deadline);
        await pause(20);
      }
      await pause(150); // for a log that told its listeners late
      expect(expectReset(await log.read({ after: first! })).reset).toBe("evicted");
      expect(expectReset(await log.read("start")).reset).toBe("evicted");
      const cursor = (await log.peek()).cursor;
      const young = await log.append("c");
      expect(young).not.toBe(cursor);
      expect(await log.data("oldest")).not.toContain("a");
    });

    it("begins at the oldest kept entry, and no longer at the start, when the first entry is gone", async () => {
      const log = await probe(subject, { events: 3 });
      const ids = await log.appendAll("a", "b", "c");
      await log.untilReadable(ids[2]!);
      expect(await log.data("start")).toEqual(["a", "b", "c"]);
      expect(await log.data("oldest")).toEqual(["a", "b", "c"]);
      const last = await log.append("d");
      await log.untilReadable(last);
      const { reset, cursor } = expectReset(await log.read("start"));
      expect(reset).toBe("evicted");
      expect(await log.data({ after: cursor })).toEqual(["b", "c", "d"]);
      expect(await log.data("oldest")).toEqual(["b", "c", "d"]);
    });

    it("does not keep the key of an evicted entry", async () => {
      const log = await probe(subject, { events: 2 });
      const first = await log.append({ data: "a", idempotencyKey: "k" });
      await log.appendAll("b", "c");
      const again = await log.append({ data: "a", idempotencyKey: "k" });
      expect(again).not.toBe(first);
      await log.untilReadable(again);
      expect(await log.data("oldest")).toEqual(["c", "a"]);
      expect(await log.append({ data: "a", idempotencyKey: "k" })).toBe(again);
    });

    it("does not keep the key of an expired entry", async () => {
      const log = await probe(subject, { age: 100 });
      const first = await log.append({ data: "a", idempotencyKey: "k" });
      await pause(150);
      expect(await log.append({ data: "a", idempotencyKey: "k" })).not.toBe(first);
    });

    it("may have expired before the log ends, and the log stays ended", async () => {
      const log = await probe(subject, { events: 1 });
      const ids = await log.appendAll("a", "b", { data: "bye", end: true });
      await log.untilReadable(ids.at(-1)!);
      expect(expectReset(await log.read({ after: ids[0]! })).reset).toBe("evicted");
      expect(await log.entries({ after: ids[1]! })).toMatchObject([{ data: "bye", end: true }]);
      await expect(log.append("late")).rejects.toMatchObject(code("ERR_SSE_CHANNEL_ENDED"));
    });

    it("has no hole that listeners are not told by a reset, however short the history is", async () => {
      const log = await probe(subject, { events: 1 });
      const follower = await log.follow();
      const ids = await Promise.all(numbers(50).map((text) => log.append(text)));
      await log.batch(numbers(49, 50));
      const last = await log.append("99");
      expect(ids).toHaveLength(50);
      await follower.untilTold(last);
      expect(silentHoles(follower.news)).toEqual([]);
      expect(subject.synchronous ? follower.data : numbers(100)).toEqual(numbers(100));
    });

    it("can be read while entries are evicted", async () => {
      const log = await probe(subject, { events: 8 });
      const appending = numbers(200).map((text) => log.append(text));
      let { cursor } = await log.read("start");
      const seen: number[] = [];
      const resets = new Set<string>();
      const deadline = performance.now() + 5_000;
      while (seen.at(-1) !== 199) {
        expect(performance.now()).toBeLessThan(deadline);
        const read = await log.read({ after: cursor }, { events: 3, bytes: 1 << 20 });
        if ("reset" in read) resets.add(read.reset);
        else seen.push(...read.entries.map((entry) => Number(entry.data)));
        ({ cursor } = read);
        await pause(0);
      }
      await Promise.all(appending);
      expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
      expect([...resets].filter((reset) => reset !== "evicted")).toEqual([]);
    });
  });
}

/** The entries that follow neither the previous number nor a reset. The data of the entries are the numbers from 0. */
function silentHoles(news: readonly News[]): string[] {
  const holes: string[] = [];
  let expected = "0";
  for (const item of news) {
    if ("reset" in item) expected = "any";
    for (const { data } of "entries" in item ? item.entries : []) {
      if (expected !== "any" && data !== expected) holes.push(`${data} instead of ${expected}`);
      expected = String(Number(data) + 1);
    }
  }
  return holes;
}

/** Expects a reset for reading after an id that is before `first`, and entries for reading after a later id. */
async function expectEvicted(log: LogProbe, ids: readonly string[], first: number): Promise<void> {
  for (const id of ids.slice(0, first - 1)) {
    const { reset, cursor } = expectReset(await log.read({ after: id }));
    expect(reset).toBe("evicted");
    expect((await log.entries({ after: cursor })).map((entry) => entry.id)).toEqual(ids.slice(first));
  }
  for (const [n, id] of [...ids.entries()].slice(first - 1)) {
    const read = expectEntries(await log.read({ after: id }));
    expect(read.entries.map((entry) => entry.id)).toEqual(ids.slice(n + 1));
  }
}
