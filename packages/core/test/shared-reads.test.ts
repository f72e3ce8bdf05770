import { describe, expect, it, vi } from "vitest";
import { createEntry } from "../src/channel/entry.js";
import type { EventLog, Read, ReadFrom, ReadLimit } from "../src/channel/event-log.js";
import { SharedReads } from "../src/channel/shared-reads.js";

const PAGE = 10;

/** A log with the entries 1 to `last`. It answers when the test says so, or at once. */
class TestLog {
  readonly asked: ReadFrom[] = [];
  readonly limits: ReadLimit[] = [];
  first = 1;
  last = 100;
  epoch = "a";
  /** A position that is no entry, although it lies between two. */
  forged: number | undefined;
  #open: (() => void)[] = [];
  readonly reads: SharedReads;

  constructor(readonly synchronous = false) {
    this.reads = new SharedReads({
      read: (from: ReadFrom, limit: ReadLimit) => {
        this.asked.push(from);
        this.limits.push(limit);
        if (synchronous) return this.#read(from);
        return new Promise<Read>((resolve, reject) =>
          this.#open.push(() => {
            try {
              resolve(this.#read(from));
            } catch (error) {
              reject(error);
            }
          }),
        );
      },
    } as unknown as EventLog);
  }

  /** Answers what was asked, until nothing more is asked. */
  async answer(): Promise<void> {
    while (this.#open.length > 0) {
      for (const open of this.#open.splice(0)) open();
      await new Promise(setImmediate);
    }
  }

  #read(from: ReadFrom): Read {
    if (this.last < 0) throw new Error("The log is down");
    const [epoch, n] = typeof from === "string" ? [this.epoch, `${this.first - 1}`] : from.after.split("-");
    const position = Number(n);
    if (epoch !== this.epoch) return { reset: "new-log", cursor: `${this.epoch}-${this.first - 1}` };
    if (position < this.first - 1 || position === this.forged)
      return { reset: "evicted", cursor: `${this.epoch}-${this.first - 1}` };
    const count = Math.max(0, Math.min(PAGE, this.last - position));
    const entries = Array.from({ length: count }, (_, i) =>
      createEntry(`${this.epoch}-${position + i + 1}`, { data: "" }),
    );
    const cursor = `${this.epoch}-${position + count}`;
    return { entries, cursor, atTail: position + count >= this.last };
  }
}

/** Reads, and returns a promise also where the result was known. */
async function read(log: TestLog, from: ReadFrom): Promise<Read> {
  return await log.reads.read(from);
}

function positions(result: Read): number[] {
  return "entries" in result ? result.entries.map(({ id }) => Number(id.split("-")[1])) : [];
}

describe("the reads of a channel", () => {
  it("ask for a page once, however many readers are in it", async () => {
    const log = new TestLog();
    const results = Array.from({ length: 1_000 }, (_, n) => read(log, { after: `a-${n % PAGE}` }));
    await log.answer();
    for (const [n, result] of (await Promise.all(results)).entries()) {
      const after = n % PAGE;
      const got = positions(result);
      expect(got[0]).toBe(after + 1);
      expect(got).toEqual(got.map((_, i) => after + 1 + i));
    }
    expect(log.asked).toEqual([{ after: "a-0" }]);
    expect(log.limits).toEqual([{ events: 500, bytes: 64 * 1024 }]);
  });

  it("need no more requests for ten times as many readers", async () => {
    const requests = async (count: number): Promise<number> => {
      const log = new TestLog();
      const walk = async (after: number): Promise<void> => {
        for (let at = after; at < 100;) at = positions(await read(log, { after: `a-${at}` })).at(-1)!;
      };
      const walks = Array.from({ length: count }, (_, n) => walk((n * 7) % 100));
      await new Promise(setImmediate);
      for (let done = false; !done;) {
        await log.answer();
        done = await Promise.race([
          Promise.all(walks).then(() => true),
          new Promise<boolean>((r) => setImmediate(() => r(false))),
        ]);
      }
      return log.asked.length;
    };
    expect(await requests(1_000)).toBeLessThanOrEqual(await requests(100));
  });

  it("ask one at a time", async () => {
    const log = new TestLog();
    const [one, other] = [read(log, { after: "a-0" }), read(log, { after: "a-50" })];
    expect(log.asked).toEqual([{ after: "a-0" }]);
    await log.answer();
    expect([positions(await one)[0], positions(await other)[0]]).toEqual([1, 51]);
  });

  it("share what begins at the start", async () => {
    const log = new TestLog();
    const results = [read(log, "start"), read(log, "start"), read(log, "start")];
    await log.answer();
    for (const result of await Promise.all(results)) expect(positions(result)[0]).toBe(1);
    expect(log.asked).toEqual(["start"]);
  });

  it("share what begins at the oldest entry only with those who asked before the request", async () => {
    const log = new TestLog();
    const results = [read(log, "oldest"), read(log, "oldest"), read(log, "oldest")];
    await log.answer();
    log.first = 50;
    const later = read(log, "oldest");
    await log.answer();
    expect((await Promise.all([...results, later])).map((result) => positions(result)[0])).toEqual([
      1, 1, 1, 50,
    ]);
    expect(log.asked).toEqual(["oldest", "oldest", "oldest"]);
  });

  it("ask again at the end of the log, where entries may have been stored meanwhile", async () => {
    const log = new TestLog();
    log.last = 5;
    const first = read(log, { after: "a-0" });
    const second = read(log, { after: "a-5" });
    const third = read(log, { after: "a-5" });
    await log.answer();
    log.last = 6;
    const fourth = read(log, { after: "a-5" });
    await log.answer();
    expect((await Promise.all([first, second, third, fourth])).map(positions)).toEqual([
      [1, 2, 3, 4, 5],
      [],
      [],
      [6],
    ]);
    expect(log.asked).toHaveLength(3);
  });

  it("share a reset with all ids that are lost in the same way", async () => {
    const log = new TestLog();
    log.first = 50;
    const evicted = [20, 10, 19].map((n) => read(log, { after: `a-${n}` }));
    const replaced = [20, 10, 70].map((n) => read(log, { after: `b-${n}` }));
    const kept = read(log, { after: "a-49" });
    const later = read(log, { after: "a-30" });
    await log.answer();
    for (const result of await Promise.all([...evicted, later])) {
      expect(result).toEqual({ reset: "evicted", cursor: "a-49" });
    }
    for (const result of await Promise.all(replaced)) {
      expect(result).toEqual({ reset: "new-log", cursor: "a-49" });
    }
    expect(positions(await kept)[0]).toBe(50);
    expect(log.asked).toEqual([{ after: "a-20" }, { after: "b-20" }, { after: "a-49" }]);
  });

  it("share no reset of an id that the log has never given out", async () => {
    const log = new TestLog();
    log.forged = 70;
    const forged = read(log, { after: "a-70" });
    await log.answer();
    expect(await forged).toEqual({ reset: "evicted", cursor: "a-0" });
    const others = ["a-20", "a-0"].map((after) => read(log, { after }));
    await log.answer();
    expect((await Promise.all(others)).map((result) => positions(result)[0])).toEqual([21, 1]);
  });

  it("look at each result once, however many ids are lost in different ways", async () => {
    const log = new TestLog();
    const compared = vi.spyOn(String.prototype, "lastIndexOf");
    try {
      const results = Array.from({ length: 100 }, (_, n) => read(log, { after: `x${n}-1` }));
      await log.answer();
      await Promise.all(results);
      // Two epochs are compared for each reader and result.
      expect(compared.mock.calls.length).toBeLessThan(2.5 * ((100 * 100) / 2));
    } finally {
      compared.mockRestore();
    }
  });

  it("forget what was read before the log lost entries, and what was being read then", async () => {
    const log = new TestLog();
    const before = read(log, { after: "a-0" });
    log.reads.clear();
    await log.answer();
    await before;
    log.epoch = "b";
    const after = read(log, { after: "a-0" });
    await log.answer();
    expect(await after).toMatchObject({ reset: "new-log" });

    log.reads.clear();
    log.epoch = "a";
    const again = read(log, { after: "a-0" });
    await log.answer();
    expect(positions(await again)[0]).toBe(1);
  });

  it("forget what is older than a second", async () => {
    const log = new TestLog();
    const now = vi.spyOn(performance, "now");
    try {
      now.mockReturnValue(0);
      const first = read(log, { after: "a-0" });
      await log.answer();
      await first;
      now.mockReturnValue(999);
      expect(positions(await read(log, { after: "a-0" }))[0]).toBe(1);
      now.mockReturnValue(1_000);
      const later = read(log, { after: "a-0" });
      await log.answer();
      await later;
    } finally {
      now.mockRestore();
    }
    expect(log.asked).toHaveLength(2);
  });

  it("forget a page when as many entries as it has were stored since", async () => {
    const log = new TestLog();
    const first = read(log, { after: "a-0" });
    await log.answer();
    await first;
    for (let n = 1; n < PAGE; n++) log.reads.stored();
    expect(positions(await read(log, { after: "a-0" }))[0]).toBe(1);
    log.reads.stored();
    log.first = 50;
    const later = read(log, { after: "a-0" });
    await log.answer();
    expect(await later).toEqual({ reset: "evicted", cursor: "a-49" });
  });

  it("fail for all who wait, once, when the log cannot be read, and work again afterwards", async () => {
    const log = new TestLog();
    log.last = -1;
    const results = [0, 20, 40].map((n) => read(log, { after: `a-${n}` }));
    const settled = Promise.allSettled(results);
    await log.answer();
    for (const result of await settled) expect(result).toMatchObject({ status: "rejected" });
    expect(log.asked).toHaveLength(1);
    log.last = 100;
    const again = read(log, { after: "a-0" });
    await log.answer();
    expect(positions(await again)[0]).toBe(1);
  });

  it("of a synchronous log are answered at once, and nothing is kept", () => {
    const log = new TestLog(true);
    for (let n = 0; n < 3; n++) expect(log.reads.read({ after: "a-0" })).toMatchObject({ cursor: "a-10" });
    expect(log.asked).toHaveLength(3);
  });
});
