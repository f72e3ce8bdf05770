import { describe, expect, it } from "vitest";
import { pause } from "../support/within.js";
import { code, later, LogProbe, numbers, probe, type LogSubject } from "./log-subject.js";

const CONFLICT = code("ERR_SSE_CONFLICT");

export function conditionContract(subject: LogSubject): void {
  describe("append on a condition", () => {
    it("stores the first entry, and only as the first", async () => {
      const log = await probe(subject);
      const id = await log.append({ data: "a claim", control: true }, { after: "start" });
      await expect(log.append("late", { after: "start" })).rejects.toMatchObject(CONFLICT);
      await log.untilReadable(id);
      expect(await log.data("start")).toEqual(["a claim"]);
    });

    it("stores after the last entry, and after no other", async () => {
      const log = await probe(subject);
      const [a, b] = await log.appendAll("a", "b");
      await expect(log.append("x", { after: a! })).rejects.toMatchObject(CONFLICT);
      const c = await log.append("c", { after: b! });
      await expect(log.append("x", { after: b! })).rejects.toMatchObject(CONFLICT);
      await log.untilReadable(c);
      expect(await log.data("start")).toEqual(["a", "b", "c"]);
    });

    it("takes any text for a condition that does not hold", async () => {
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

    it("stores a batch whole or not at all, and looks at the condition once", async () => {
      const log = await probe(subject);
      const ids = await log.batch(["a", "b", "c"], { after: "start" });
      await expect(log.batch(["x", "y"], { after: ids[0]! })).rejects.toMatchObject(CONFLICT);
      const more = await log.batch(["d", "e"], { after: ids[2]! });
      await log.untilReadable(more[1]!);
      expect(await log.data("start")).toEqual(["a", "b", "c", "d", "e"]);
    });

    it("is refused after the end for the end", async () => {
      const log = await probe(subject);
      const end = await log.append({ data: "bye", end: true }, { after: "start" });
      for (const after of [end, "start"]) {
        await expect(log.append("x", { after })).rejects.toMatchObject(code("ERR_SSE_CHANNEL_ENDED"));
      }
    });

    it("may be repeated with the same key", async () => {
      const log = await probe(subject);
      const draft = { data: "a claim", control: true as const, idempotencyKey: "mine" };
      const id = await log.append(draft, { after: "start" });
      expect(await log.append(draft, { after: "start" })).toBe(id);
      await expect(
        log.append({ ...draft, idempotencyKey: "other" }, { after: "start" }),
      ).rejects.toMatchObject(CONFLICT);
    });

    it("is won by exactly one of those who race for it", async () => {
      const log = await probe(subject);
      await expectOneWinner([log, log, log, log, log], "start");
    });

    it("loses no update of those who read and then append", async () => {
      const log = await probe(subject);
      await expectNoLostUpdate([log, log, log]);
    });
  });

  if (subject.another === undefined) return;
  describe("append on a condition, on two nodes", () => {
    it("is won by exactly one of those who race for it", async () => {
      const one = await probe(subject);
      const other = new LogProbe(await subject.another!(one.log));
      const last = await expectOneWinner([one, other, other, one], "start");
      await expectOneWinner([other, one, one, other], last);
    });

    it("loses no update of those who read and then append", async () => {
      const one = await probe(subject);
      await expectNoLostUpdate([one, new LogProbe(await subject.another!(one.log))]);
    });
  });
}

async function expectOneWinner(logs: readonly LogProbe[], after: string): Promise<string> {
  const racing = logs.map((log, n) => log.append(`racer ${n}`, { after }));
  const results = await Promise.allSettled(racing);
  const won = results.filter((result) => result.status === "fulfilled");
  const lost = results.filter((result) => result.status === "rejected");
  expect(won).toHaveLength(1);
  expect(lost.map(({ reason }) => (reason as { code: unknown }).code)).toEqual(
    Array(logs.length - 1).fill(CONFLICT.code),
  );
  const { value: id } = won[0]!;
  await logs[0]!.untilReadable(id);
  const from = after === "start" ? after : { after };
  const entries = await logs[0]!.entries(from);
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({
    id,
    data: `racer ${results.findIndex(({ status }) => status === "fulfilled")}`,
  });
  return id;
}

/** Each adds 1 to the number that the last entry has, five times. */
async function expectNoLostUpdate(logs: readonly LogProbe[]): Promise<void> {
  const TIMES = 5;
  const first = await logs[0]!.append("0");
  await Promise.all(logs.map((log) => log.untilReadable(first)));
  const increment = async (log: LogProbe): Promise<void> => {
    for (let added = 0; added < TIMES;) {
      const last = (await log.entries("start")).at(-1)!;
      const next = String(Number(last.data) + 1);
      added += await log.append(next, { after: last.id }).then(
        () => 1,
        (error: { code?: unknown }) => {
          if (error.code === CONFLICT.code) return 0;
          throw error;
        },
      );
      await pause(1);
    }
  };
  await Promise.all(logs.map((log) => increment(log)));
  const { cursor } = await logs[0]!.peek();
  await logs[0]!.untilReadable(cursor);
  expect(await logs[0]!.data("start")).toEqual(numbers(1 + TIMES * logs.length));
}
