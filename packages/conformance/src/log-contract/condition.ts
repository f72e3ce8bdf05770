import { describe, expect, it } from "vitest";
import { pause } from "../support/within.js";
import { code, later, LogProbe, numbers, probe, type LogSubject } from "./log-subject.js";

const CONFLICT = code("ERR_SSE_CONFLICT");

export function conditionContract(subject: LogSubject): void {
  describe("append with a condition", () => {
    it("with start, stores the first entry and no later one", async () => {
      const log = await probe(subject);
      const id = await log.append({ data: "a claim", control: true }, { after: "start" });
      await expect(log.append("late", { after: "start" })).rejects.toMatchObject(CONFLICT);
      await log.untilReadable(id);
      expect(await log.data("start")).toEqual(["a claim"]);
    });

    it("with an id, stores only after the last entry", async () => {
      const log = await probe(subject);
      const [a, b] = await log.appendAll("a", "b");
      await expect(log.append("x", { after: a! })).rejects.toMatchObject(CONFLICT);
      const c = await log.append("c", { after: b! });
      await expect(log.append("x", { after: b! })).rejects.toMatchObject(CONFLICT);
      await log.untilReadable(c);
      expect(await log.data("start")).toEqual(["a", "b", "c"]);
    });

    it("treats any other text as a condition that does not hold", async () => {
      const log = await probe(subject);
      const texts = (id: string): string[] => [
        "",
        "nonsense",
        "START",
        `${id}~end`,
        ` ${id}`,
        later(id, 1),
        "\0",
      ];
      for (const after of texts("a-0")) {
        await expect(log.append("x", { after })).rejects.toMatchObject(CONFLICT);
      }
      const id = await log.append("a");
      for (const after of texts(id)) {
        await expect(log.append("x", { after })).rejects.toMatchObject(CONFLICT);
      }
      const last = await log.append("b", { after: id });
      await log.untilReadable(last);
      expect(await log.data("start")).toEqual(["a", "b"]);
    });

    it("counts entries that are evicted", async () => {
      const log = await probe(subject, { events: 1, age: 100 });
      await log.append("a");
      const b = await log.append("b");
      await expect(log.append("x", { after: "start" })).rejects.toMatchObject(CONFLICT);
      await pause(150);
      await expect(log.append("x", { after: "start" })).rejects.toMatchObject(CONFLICT);
      expect(await log.append("c", { after: b })).not.toBe(b);
    });

    it("stores a batch as a whole or not at all, and checks the condition once", async () => {
      const log = await probe(subject);
      const ids = await log.batch(["a", "b", "c"], { after: "start" });
      await expect(log.batch(["x", "y"], { after: ids[0]! })).rejects.toMatchObject(CONFLICT);
      const more = await log.batch(["d", "e"], { after: ids[2]! });
      await log.untilReadable(more[1]!);
      expect(await log.data("start")).toEqual(["a", "b", "c", "d", "e"]);
    });

    it("is refused after the end because of the end, and not of the condition", async () => {
      const log = await probe(subject);
      const end = await log.append({ data: "bye", end: true }, { after: "start" });
      for (const after of [end, "start"]) {
        await expect(log.append("x", { after })).rejects.toMatchObject(code("ERR_SSE_CHANNEL_ENDED"));
      }
    });

    it("can be repeated with the same key", async () => {
      const log = await probe(subject);
      const draft = { data: "a claim", control: true as const, idempotencyKey: "mine" };
      const id = await log.append(draft, { after: "start" });
      expect(await log.append(draft, { after: "start" })).toBe(id);
      await expect(
        log.append({ ...draft, idempotencyKey: "other" }, { after: "start" }),
      ).rejects.toMatchObject(CONFLICT);
    });

    it("succeeds for exactly one of many concurrent calls", async () => {
      const log = await probe(subject);
      const { won, lost, stored } = await race([log, log, log, log, log], "start");
      expect(won).toHaveLength(1);
      expect(lost).toEqual(Array(4).fill(CONFLICT.code));
      expect(stored).toEqual(won);
    });

    it("loses no update when several writers read and then append", async () => {
      const log = await probe(subject);
      expect(await incrementAll([log, log, log])).toEqual(numbers(1 + 3 * TIMES));
    });
  });

  if (subject.another === undefined) return;
  describe("append with a condition, on two nodes", () => {
    it("succeeds for exactly one of many concurrent calls", async () => {
      const one = await probe(subject);
      const other = new LogProbe(await subject.another!(one.log));
      const first = await race([one, other, other, one], "start");
      expect([first.won.length, first.stored]).toEqual([1, first.won]);
      const second = await race([other, one, one, other], first.won[0]!);
      expect(second.stored).toEqual([first.won[0], ...second.won]);
      expect([...first.lost, ...second.lost]).toEqual(Array(6).fill(CONFLICT.code));
    });

    it("loses no update when several writers read and then append", async () => {
      const one = await probe(subject);
      const logs = [one, new LogProbe(await subject.another!(one.log))];
      expect(await incrementAll(logs)).toEqual(numbers(1 + 2 * TIMES));
    });
  });
}

/** How often each writer adds 1. */
const TIMES = 5;

/** Returns the ids of the successful calls, the error codes of the others, and the ids that are stored in the end. */
async function race(
  logs: readonly LogProbe[],
  after: string,
): Promise<{ won: string[]; lost: unknown[]; stored: string[] }> {
  const racing = logs.map((log, n) => log.append(`racer ${n}`, { after }));
  const results = await Promise.allSettled(racing);
  const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const lost = results.flatMap((result) =>
    result.status === "rejected" ? [(result.reason as { code?: unknown }).code] : [],
  );
  await logs[0]!.untilReadable((await logs[0]!.peek()).cursor);
  return { won, lost, stored: (await logs[0]!.entries("start")).map(({ id }) => id) };
}

/** Makes each writer add 1 to the number in the last entry several times. Returns the data of all entries. */
async function incrementAll(logs: readonly LogProbe[]): Promise<string[]> {
  const first = await logs[0]!.append("0");
  await Promise.all(logs.map((log) => log.untilReadable(first)));
  const increment = async (log: LogProbe): Promise<void> => {
    for (let added = 0; added < TIMES; await pause(1)) {
      const last = (await log.entries("start")).at(-1)!;
      added += await log.append(String(Number(last.data) + 1), { after: last.id }).then(
        () => 1,
        (error: { code?: unknown }) => {
          if (error.code === CONFLICT.code) return 0;
          throw error;
        },
      );
    }
  };
  await Promise.all(logs.map((log) => increment(log)));
  await logs[0]!.untilReadable((await logs[0]!.peek()).cursor);
  return logs[0]!.data("start");
}
