import { describe, expect, it } from "vitest";
import { pause } from "../support/within.js";
import { expectEntries, probe, type LogSubject } from "./log-subject.js";

export function peekContract(subject: LogSubject): void {
  describe("peek", () => {
    it("returns no entry of an empty log, and a cursor after which its entries begin", async () => {
      const log = await probe(subject);
      const { cursor, first, end } = await log.peek();
      expect([first, end]).toEqual([undefined, undefined]);
      expect(expectEntries(await log.read({ after: cursor })).entries).toEqual([]);
      const id = await log.append("a");
      await log.untilReadable(id);
      expect(await log.data({ after: cursor })).toEqual(["a"]);
    });

    it("returns the first entry and the id of the newest", async () => {
      const log = await probe(subject);
      const ids = await log.appendAll({ data: "a claim", control: true, topics: ["t"] }, "b", "c");
      const { cursor, first, end } = await log.peek();
      expect([cursor, end]).toEqual([ids[2], undefined]);
      expect(first).toMatchObject({ id: ids[0], data: "a claim", control: true, topics: ["t"] });
      const next = await log.append("d", { after: cursor });
      expect((await log.peek()).cursor).toBe(next);
    });

    it("returns the entry that ended the log", async () => {
      const log = await probe(subject);
      const ids = await log.appendAll("a", { data: "bye", event: "done", end: true });
      const { cursor, first, end } = await log.peek();
      expect(cursor).toBe(ids[1]);
      expect(first).toMatchObject({ id: ids[0], data: "a" });
      expect(end).toMatchObject({ id: ids[1], data: "bye", event: "done", end: true });
    });

    it("returns no first entry if the first entry ever stored is gone", async () => {
      const log = await probe(subject, { events: 2 });
      const ids = await log.appendAll("a", "b");
      expect((await log.peek()).first).toMatchObject({ id: ids[0] });
      const last = await log.append("c");
      expect(await log.peek()).toMatchObject({ cursor: last });
      expect((await log.peek()).first).toBeUndefined();
    });

    it("does not call the listeners", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      await Promise.all([log.peek(), log.peek()]);
      await pause(20);
      expect(follower.news).toEqual([]);
    });
  });
}
