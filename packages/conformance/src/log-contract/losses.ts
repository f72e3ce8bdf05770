import { epochOf } from "@ssekit/core/adapter";
import { describe, expect, it } from "vitest";
import { pause } from "../support/within.js";
import { code, expectReset, LogProbe, numbers, probe, type LogSubject } from "./log-subject.js";

/** What a log tells its listeners when a tail is cut off, the log was emptied, or the log is unreachable. */
export function lossesContract(subject: LogSubject): void {
  const { another, lose, replace, goDown } = subject;
  if (lose !== undefined) tailsContract(subject, lose.bind(subject));
  if (replace !== undefined) replacementContract(subject, replace.bind(subject));
  if (goDown !== undefined) outageContract(subject, goDown.bind(subject), another?.bind(subject));
}

function tailsContract(subject: LogSubject, lose: NonNullable<LogSubject["lose"]>): void {
  describe("a tail that was cut off", () => {
    it("tells the entries that it has missed without a reset, if they are still kept", async () => {
      const log = await probe(subject, { events: 100 });
      const follower = await log.follow();
      const ids = await log.appendAll("a", "b");
      await follower.untilTold(ids[1]!);
      const regain = await lose(log.log);
      ids.push(...(await log.appendAll(...numbers(20))));
      expect(follower.data).toEqual(["a", "b"]);
      await regain();
      ids.push(await log.append("live"));
      await follower.untilTold(ids.at(-1)!);
      expect(follower.ids).toEqual(ids);
      expect(follower.resets).toEqual([]);
    });

    it("loses no entry that was being sent when it was cut off", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      const appending = numbers(20).map((text) => log.append(text));
      await appending[9];
      const regain = await lose(log.log);
      await Promise.all(appending);
      await regain();
      const last = await log.append("20");
      await follower.untilTold(last);
      expect(follower.data).toEqual(numbers(21));
      expect(follower.resets).toEqual([]);
    });

    it("tells one reset if missed entries are no longer kept, then the kept entries, and then the new ones", async () => {
      const log = await probe(subject, { events: 5 });
      const follower = await log.follow();
      const first = await log.append("first");
      await follower.untilTold(first);
      const regain = await lose(log.log);
      const missed = await log.appendAll(...numbers(20));
      const { reset, cursor } = expectReset(await log.read({ after: first }));
      await regain();
      await follower.untilReset();
      await follower.untilTold(missed.at(-1)!);
      expect(follower.resets).toEqual([{ reset, cursor }]);
      expect(reset).toBe("evicted");
      const live = await log.append("live");
      await follower.untilTold(live);
      expect(follower.data).toEqual(["first", ...numbers(5, 15), "live"]);
      expect(follower.dataSinceReset).toEqual([...numbers(5, 15), "live"]);
      expect(follower.resets).toHaveLength(1);
    });

    it("tells the end even if it has lost entries before the end", async () => {
      const log = await probe(subject, { events: 1 });
      const follower = await log.follow();
      const first = await log.append("first");
      await follower.untilTold(first);
      const regain = await lose(log.log);
      await log.appendAll(...numbers(3));
      const end = await log.append({ data: "bye", end: true });
      await regain();
      await follower.untilTold(end);
      expect(follower.news.slice(-2)).toMatchObject([
        { reset: "evicted" },
        { entries: [{ id: end, end: true }] },
      ]);
    });

    it("tells the end even if it is older than `age`", async () => {
      const log = await probe(subject, { age: 100 });
      const follower = await log.follow();
      const first = await log.append("first");
      await follower.untilTold(first);
      const regain = await lose(log.log);
      await log.append("lost");
      const end = await log.append({ data: "bye", end: true });
      await pause(150);
      await regain();
      await follower.untilTold(end);
      expect(follower.news.slice(-2)).toMatchObject([
        { reset: "evicted" },
        { entries: [{ id: end, end: true }] },
      ]);
    });
  });
}

function replacementContract(subject: LogSubject, replace: NonNullable<LogSubject["replace"]>): void {
  describe("a log that was replaced by an empty one", () => {
    it("tells a reset, and then the new entries", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      const [, old] = await log.appendAll("a", "b");
      await follower.untilTold(old!);
      await replace(log.log);
      const id = await log.append("c");
      await follower.untilTold(id);
      expect(follower.resets).toMatchObject([{ reset: "new-log" }]);
      expect(follower.dataSinceReset).toEqual(["c"]);
      expect(epochOf(id)).not.toBe(epochOf(old!));
      expect(epochOf(follower.resets[0]!.cursor)).toBe(epochOf(id));
      expect(await log.data({ after: follower.resets[0]!.cursor })).toEqual(["c"]);
      expect(await log.data("start")).toEqual(["c"]);
      expect(expectReset(await log.read({ after: old! })).reset).toBe("new-log");
    });

    it("tells nothing of the old log after the reset", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      const old = epochOf(await log.append("a"));
      const appending = numbers(20).map((text) => log.append(text));
      await appending[9];
      await replace(log.log);
      appending.push(...numbers(20, 20).map((text) => log.append(text)));
      await Promise.all(appending);
      const last = await log.append("last");
      await follower.untilTold(last);
      expect(follower.resets).toMatchObject([{ reset: "new-log" }]);
      const from = follower.news.findIndex((news) => "reset" in news);
      const later = follower.news.slice(from).flatMap((news) => ("entries" in news ? news.entries : []));
      expect(later.filter(({ id }) => epochOf(id) === old)).toEqual([]);
      expect(later.map(({ id }) => id)).toEqual((await log.entries("start")).map(({ id }) => id));
    });

    it("does not know the keys, the end and the ids of the old log", async () => {
      const log = await probe(subject);
      const draft = { data: "a", idempotencyKey: "k" };
      const old = await log.append(draft);
      await log.append({ data: "bye", end: true });
      await replace(log.log);
      const id = await log.append(draft, { after: "start" });
      expect(id).not.toBe(old);
      await expect(log.append("b", { after: old })).rejects.toMatchObject(code("ERR_SSE_CONFLICT"));
      expect(await log.peek()).toMatchObject({ cursor: id, first: { id } });
      expect((await log.peek()).end).toBeUndefined();
    });
  });
}

function outageContract(
  subject: LogSubject,
  goDown: NonNullable<LogSubject["goDown"]>,
  another: LogSubject["another"],
): void {
  const keyed = (data: string) => ({ data, idempotencyKey: `key of ${data}` });

  describe("a log that is unreachable", () => {
    it("reports in its status and to its listeners that it is down, and that it is ready again", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      const goUp = await goDown(log.log);
      await follower.untilStatus("down");
      expect(log.log.status).toBe("down");
      await goUp();
      await follower.untilStatus("ready");
      expect(log.log.status).toBe("ready");
      const id = await log.append("a");
      await follower.untilTold(id);
      expect(follower.resets).toEqual([]);
    });

    it("rejects appends so that they can be repeated with the same key", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      const drafts = numbers(30).map((data) => keyed(data));
      const underWay = drafts.slice(0, 15).map((draft) => log.append(draft));
      await pause(20);
      const goUp = await goDown(log.log);
      const late = drafts.slice(15).map((draft) => log.append(draft));
      const results = await Promise.allSettled([...underWay, ...late]);
      const codes = results.flatMap((result) =>
        result.status === "rejected" ? [(result.reason as { code: unknown }).code] : [],
      );
      expect(codes.length).toBeGreaterThanOrEqual(15);
      expect(new Set(codes)).toEqual(new Set(["ERR_SSE_LOG_UNAVAILABLE"]));
      await goUp();
      const ids: string[] = [];
      for (const draft of drafts) ids.push(await log.append(draft));
      const last = await log.append("last");
      await follower.untilTold(last);
      const entries = await log.entries("start");
      expect(entries.map(({ data }) => data).toSorted()).toEqual([...numbers(30), "last"].toSorted());
      expect(new Set(entries.map(({ id }) => id))).toEqual(new Set([...ids, last]));
      expect(follower.ids).toEqual(entries.map(({ id }) => id));
      const acknowledged = results.flatMap((result, n) =>
        result.status === "fulfilled" ? [[n, result.value]] : [],
      );
      expect(acknowledged).toEqual(acknowledged.map(([n]) => [n, ids[n as number]]));
    });

    it("answers or rejects all other calls, and answers them when it is reachable again", async () => {
      const log = await probe(subject);
      const id = await log.append("a");
      const goUp = await goDown(log.log);
      const asked = await Promise.allSettled([
        log.read("start"),
        log.read({ after: "nonsense" }),
        log.peek(),
        log.follow(),
      ]);
      const refused = asked.filter((result) => result.status === "rejected");
      expect(refused.map(({ reason }) => (reason as { code: unknown }).code)).toEqual(
        refused.map(() => "ERR_SSE_LOG_UNAVAILABLE"),
      );
      await goUp();
      await log.untilReadable(id);
      const follower = await log.follow();
      expect(await log.peek()).toMatchObject({ cursor: id, first: { id } });
      const next = await log.append("b");
      await follower.untilTold(next);
      expect(await log.data("start")).toEqual(["a", "b"]);
    });

    it.runIf(another !== undefined)(
      "tells the entries that other nodes have appended meanwhile",
      async () => {
        const log = await probe(subject);
        const other = new LogProbe(await another!(log.log));
        const follower = await log.follow();
        const goUp = await goDown(log.log);
        const ids = await other.batch(numbers(10));
        await goUp();
        await follower.untilTold(ids.at(-1)!);
        expect(follower.ids).toEqual(ids);
        expect(follower.resets).toEqual([]);
      },
    );

    it("can be closed", async () => {
      const log = await probe(subject);
      await goDown(log.log);
      const append = Promise.allSettled([log.append("a")]);
      await log.log.close();
      expect(log.log.status).toBe("closed");
      expect(await append).toMatchObject([{ status: "rejected" }]);
    });
  });
}
