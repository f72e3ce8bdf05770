import type { Entry, News, Read, ReadFrom } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import { pause, within } from "../support/within.js";
import { expectEntries, numbers, probe, promised, type LogSubject } from "./log-subject.js";

const MUCH = { events: 1_000, bytes: 1 << 20 };

export function readContract(subject: LogSubject): void {
  describe("read", () => {
    it("returns nothing from an empty log, and a cursor after which the first entry can be read", async () => {
      const log = await probe(subject);
      const { entries, cursor, atTail } = expectEntries(await log.read("start"));
      expect([entries, atTail]).toEqual([[], true]);
      const [id] = await log.appendAll("a");
      await log.untilReadable(id!);
      expect(await log.data({ after: cursor })).toEqual(["a"]);
    });

    it("returns the entries that follow an id, without a gap", async () => {
      const log = await probe(subject);
      const ids = await log.appendAll(...numbers(12));
      await log.untilReadable(ids.at(-1)!);
      for (const [n, id] of ids.entries()) {
        const read = expectEntries(await log.read({ after: id }));
        expect(read.entries.map((entry) => entry.id)).toEqual(ids.slice(n + 1));
        expect([read.cursor, read.atTail]).toEqual([ids.at(-1), true]);
      }
    });

    it("returns no more than the limit, and continues after its cursor", async () => {
      const log = await probe(subject);
      const ids = await log.appendAll(...numbers(10));
      await log.untilReadable(ids.at(-1)!);
      const pages: string[][] = [];
      for (let from: ReadFrom = "start"; ;) {
        const read = expectEntries(await log.read(from, { ...MUCH, events: 4 }));
        pages.push(read.entries.map((entry) => entry.data));
        expect(read.atTail).toBe(read.cursor === ids.at(-1));
        if (read.atTail) break;
        from = { after: read.cursor };
      }
      expect(pages).toEqual([numbers(4), numbers(4, 4), numbers(2, 8)]);
    });

    it("counts bytes on the wire, and returns at least one entry", async () => {
      const log = await probe(subject);
      const data = ["x".repeat(1_000), "ü".repeat(1_000), "y".repeat(100_000), "z"];
      const ids = await log.appendAll(...data);
      await log.untilReadable(ids.at(-1)!);
      const sizes = (await log.entries("start")).map((entry) => entry.frame.bytes.byteLength);
      const read = async (from: ReadFrom, bytes: number) =>
        (await log.entries(from, { ...MUCH, bytes })).map((entry) => ids.indexOf(entry.id));
      expect(await read("start", sizes[0]! + sizes[1]!)).toEqual([0, 1]);
      expect(await read("start", sizes[0]! + sizes[1]! - 1)).toEqual([0]);
      expect(await read({ after: ids[1]! }, 1_000)).toEqual([2]);
      expect(await read({ after: ids[1]! }, 1)).toEqual([2]);
    });

    it("returns exactly the entries that the listeners have been told", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      const early: string[] = [];
      const readToLast = async (): Promise<string[]> => {
        const seen: Entry[] = [];
        for (let { cursor } = follower.tail; seen.at(-1)?.data !== "last"; await pause(1)) {
          const read = expectEntries(await log.read({ after: cursor }));
          early.push(...read.entries.map(({ id }) => id).filter((id) => !follower.ids.includes(id)));
          seen.push(...read.entries);
          ({ cursor } = read);
        }
        return seen.map(({ id }) => id);
      };
      const readers = Promise.all([readToLast(), readToLast(), readToLast()]);
      const appending = Promise.all(numbers(60).map((text) => log.append(text)));
      for (const text of numbers(20, 60)) await log.append(text);
      await appending;
      await follower.untilTold(await log.append("last"));
      const reads = await within("the readers", readers);
      expect(early).toEqual([]);
      expect(follower.told).toHaveLength(81);
      expect(reads).toEqual([follower.ids, follower.ids, follower.ids]);
    });

    it("returns an entry only after the calls of all listeners with it have returned", async () => {
      const log = await probe(subject);
      const LISTENERS = 2;
      const returned = new Map<string, number>();
      const early: string[] = [];
      const answers: Promise<void>[] = [];
      const note = (read: Read): void => {
        const { entries } = expectEntries(read);
        early.push(...entries.filter(({ id }) => returned.get(id) !== LISTENERS).map(({ data }) => data));
      };
      let appended: Promise<string> | undefined;
      const hear = (news: News): void => {
        const { entries } = news as { entries: readonly Entry[] };
        appended ??= log.append("of the listener");
        for (const from of ["start", "oldest", { after: start }] as const) {
          const answer = log.log.read(from, MUCH);
          // The result of a synchronous log must be checked within this call.
          if (answer instanceof Promise) answers.push(answer.then(note));
          else note(answer);
        }
        for (const { id } of entries) returned.set(id, (returned.get(id) ?? 0) + 1);
      };
      const start = (await log.peek()).cursor;
      const tails = [await promised(() => log.log.tail(hear)), await promised(() => log.log.tail(hear))];
      const follower = await log.follow();
      await Promise.all([log.batch(["a", "b"]), log.append("c")]);
      const last = await log.append("d");
      await follower.untilTold(last);
      await follower.untilTold(await appended!);
      await within("the reads", Promise.all(answers));
      expect(early).toEqual([]);
      expect(returned.size).toBe(5);
      for (const tail of tails) tail.stop();
    });

    it("can be called many times at once", async () => {
      const log = await probe(subject);
      const ids = await log.appendAll(...numbers(20));
      await log.untilReadable(ids.at(-1)!);
      const reads = await Promise.all([...ids, ...ids, ...ids].map((id) => log.data({ after: id })));
      expect(reads).toEqual([...ids, ...ids, ...ids].map((id) => numbers(20).slice(ids.indexOf(id) + 1)));
    });

    it("returns the same entries to every caller", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      const id = await log.append({ data: "a", topics: ["t"], event: "e" });
      await follower.untilTold(id);
      const [entry] = await log.entries("start");
      expect(entry).toMatchObject({ id, data: "a", topics: ["t"], event: "e" });
      expect(entry!.frame.bytes).toEqual(follower.told[0]!.frame.bytes);
    });
  });
}
