import { describe, expect, it } from "vitest";
import { createEntry } from "../src/channel/entry.js";
import type { Entry, EventLog, Read, ReadFrom, ReadLimit } from "../src/channel/event-log.js";
import { LogCursor, type Next } from "../src/channel/log-cursor.js";
import { SharedReads } from "../src/channel/shared-reads.js";
import { Window } from "../src/channel/window.js";

const entry = (n: number): Entry => createEntry(`a-${n}`, { data: `${n}` });
const entries = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, n) => entry(from + n));

type Answer = Read | Promise<Read>;

/** A log that gives the answers of the test, and notes the reads. */
function answering(...answers: Answer[]) {
  const asked: ReadFrom[] = [];
  const limits: ReadLimit[] = [];
  const log = {
    read(from: ReadFrom, limit: ReadLimit): Answer {
      asked.push(from);
      limits.push(limit);
      const answer = answers.shift();
      if (answer === undefined) throw new Error(`read once too often, from ${JSON.stringify(from)}`);
      return answer;
    },
  } as unknown as EventLog;
  return { reads: new SharedReads(log), asked, limits };
}

function windowOf(from: number, to: number): Window {
  const window = new Window(`a-${from}`, undefined, from, false);
  for (const one of entries(from + 1, to)) window.push(one);
  return window;
}

/** Collects the entries that a cursor returns, until it returns something else. */
function taken(cursor: LogCursor): { ids: string[]; stop: Exclude<Next, Entry> } {
  const ids: string[] = [];
  for (;;) {
    const next = cursor.next();
    if (typeof next === "string" || next instanceof Promise || "reset" in next) return { ids, stop: next };
    ids.push(next.id);
    cursor.moveTo(next);
  }
}

const ids = (from: number, to: number): string[] => entries(from, to).map(({ id }) => id);

describe("a cursor in a log", () => {
  it("goes through the window without a read of the log", () => {
    const { reads, asked } = answering();
    const cursor = new LogCursor(reads, windowOf(0, 5), { after: "a-2" });
    expect(taken(cursor)).toEqual({ ids: ids(3, 5), stop: "tail" });
    expect([cursor.id, asked]).toEqual(["a-5", []]);
  });

  it("uses the number that it is given for its place", () => {
    const { reads } = answering();
    const cursor = new LogCursor(reads, windowOf(0, 5), { after: "of a window before", number: 3 });
    expect(taken(cursor).ids).toEqual(ids(4, 5));
  });

  it("returns the same entries until it is moved", () => {
    const { reads } = answering();
    const cursor = new LogCursor(reads, windowOf(0, 5), { after: "a-2" });
    expect(cursor.next()).toBe(cursor.next());
  });

  it("reads page by page until it reaches the window", () => {
    const window = windowOf(10, 12);
    const { reads, asked, limits } = answering(
      { entries: entries(3, 6), cursor: "a-6", atTail: false },
      { entries: entries(7, 9), cursor: "a-10", atTail: false },
    );
    const cursor = new LogCursor(reads, window, { after: "a-2" });
    expect(taken(cursor)).toEqual({ ids: [...ids(3, 9), ...ids(11, 12)], stop: "tail" });
    expect(asked).toEqual([{ after: "a-2" }, { after: "a-6" }]);
    expect(limits[0]).toEqual({ events: 500, bytes: 65_536 });
  });

  it.each(["start", "oldest"] as const)("begins at the %s, at whatever position that is", (from) => {
    const { reads, asked } = answering({ entries: entries(4, 5), cursor: "a-5", atTail: true });
    const cursor = new LogCursor(reads, windowOf(3, 5), from);
    expect([cursor.id, cursor.isBehindTail]).toEqual([undefined, false]);
    expect(cursor.hasReached({ id: "a-0", number: 0 })).toBe(false);
    expect(taken(cursor)).toEqual({ ids: ids(4, 5), stop: "tail" });
    expect(asked).toEqual([from]);
  });

  it("reports a hole, and goes on behind it", () => {
    const { reads } = answering({ reset: "evicted", cursor: "a-8" });
    const cursor = new LogCursor(reads, windowOf(5, 10), { after: "a-2" });
    expect(taken(cursor)).toEqual({ ids: [], stop: { reset: "evicted" } });
    expect(cursor.id).toBe("a-8");
    expect(taken(cursor)).toEqual({ ids: ids(9, 10), stop: "tail" });
  });

  it("asks to be called again when its log answers later", async () => {
    let answer!: (read: Read) => void;
    const { reads, asked } = answering(new Promise<Read>((resolve) => (answer = resolve)));
    const cursor = new LogCursor(reads, windowOf(3, 5), { after: "a-1" });
    const reading = cursor.next();
    expect(reading).toBeInstanceOf(Promise);
    answer({ entries: entries(2, 3), cursor: "a-3", atTail: false });
    await reading;
    expect(taken(cursor)).toEqual({ ids: ids(2, 5), stop: "tail" });
    expect(asked).toHaveLength(1);
  });

  it("waits for the window only when a read returns nothing new", async () => {
    const window = windowOf(3, 5);
    const nothing: Read = { entries: [], cursor: "a-7", atTail: true };
    const { reads, asked } = answering(
      Promise.resolve(nothing),
      Promise.resolve(nothing),
      Promise.resolve(nothing),
    );
    const cursor = new LogCursor(reads, window, { after: "a-7" }); // the place of a client that comes from a faster node
    await cursor.next();
    expect([cursor.next(), cursor.isBehindTail]).toEqual(["wait", false]);
    const again = cursor.next();
    window.push(entry(6)); // during the read, whose answer may be older
    await again;
    const once = cursor.next();
    expect(once).toBeInstanceOf(Promise);
    expect(asked).toHaveLength(3);
    await once;
    window.push(entry(7));
    expect([taken(cursor), cursor.isBehindTail]).toEqual([{ ids: [], stop: "tail" }, true]);
  });

  it("goes on at the cursor of a read that has no entries", () => {
    const { reads, asked } = answering(
      { entries: [], cursor: "a-4", atTail: false },
      { entries: entries(5, 6), cursor: "a-6", atTail: true },
    );
    const cursor = new LogCursor(reads, windowOf(6, 6), { after: "a-2" });
    expect(taken(cursor)).toEqual({ ids: ids(5, 6), stop: "tail" });
    expect(asked).toEqual([{ after: "a-2" }, { after: "a-4" }]);
  });

  it("reads entries again after it has let go of them", () => {
    const { reads, asked } = answering(
      { entries: entries(2, 4), cursor: "a-4", atTail: true },
      { entries: entries(3, 4), cursor: "a-4", atTail: true },
    );
    const cursor = new LogCursor(reads, windowOf(4, 4), { after: "a-1" });
    const first = cursor.next() as Entry;
    cursor.moveTo(first);
    cursor.dropPage();
    expect(taken(cursor)).toEqual({ ids: ids(3, 4), stop: "tail" });
    expect(asked).toEqual([{ after: "a-1" }, { after: "a-2" }]);
  });

  it("does not go back when it has let go of a page that was taken", () => {
    const { reads, asked } = answering({ entries: entries(2, 3), cursor: "a-5", atTail: true });
    const cursor = new LogCursor(reads, windowOf(5, 5), { after: "a-1" });
    for (const _ of [1, 2]) cursor.moveTo(cursor.next() as Entry);
    cursor.dropPage();
    expect(taken(cursor)).toEqual({ ids: [], stop: "tail" });
    expect([cursor.id, asked]).toEqual(["a-5", [{ after: "a-1" }]]);
  });

  it("forgets the entries that it has read when it is moved elsewhere", () => {
    const window = windowOf(4, 9);
    const { reads, asked } = answering({ entries: entries(2, 4), cursor: "a-4", atTail: true });
    const cursor = new LogCursor(reads, window, { after: "a-1" });
    void cursor.next();
    cursor.jump("a-8", 8);
    expect(taken(cursor)).toEqual({ ids: ["a-9"], stop: "tail" });
    cursor.jump("a-7");
    expect(taken(cursor)).toEqual({ ids: ids(8, 9), stop: "tail" });
    expect(asked).toHaveLength(1);
  });

  it("reads when the window has left it behind", () => {
    const window = windowOf(0, 2);
    const { reads, asked } = answering({ entries: entries(3, 5), cursor: "a-5", atTail: false });
    const cursor = new LogCursor(reads, window, { after: "a-1" });
    expect(taken(cursor)).toEqual({ ids: ["a-2"], stop: "tail" });
    for (const one of entries(3, 1_004)) window.push(one);
    expect(taken(cursor)).toEqual({ ids: ids(3, 1_004), stop: "tail" });
    expect(asked).toEqual([{ after: "a-2" }]);
  });

  it("knows whether it has reached a place, by number inside the window and by id outside", () => {
    const window = windowOf(10, 12);
    const { reads } = answering({ entries: entries(3, 5), cursor: "a-5", atTail: false });
    const inside = new LogCursor(reads, window, { after: "a-11" });
    const places = [
      { id: "a-10", number: 10 },
      { id: "a-11", number: 11 },
      { id: "a-12", number: 12 },
      { id: "a-13", number: Infinity },
    ];
    expect(places.map((place) => inside.hasReached(place))).toEqual([true, true, false, false]);
    const outside = new LogCursor(reads, window, { after: "a-2" });
    outside.moveTo(outside.next() as Entry);
    expect(["a-2", "a-3", "a-4", "b-1"].map((id) => outside.hasReached({ id, number: Infinity }))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([inside.isBehindTail, outside.isBehindTail]).toEqual([true, true]);
    expect(new LogCursor(reads, window, { after: "b-1" }).isBehindTail).toBe(false);
  });
});
