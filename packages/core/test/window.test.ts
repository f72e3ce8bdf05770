import { describe, expect, it } from "vitest";
import { createEntry } from "../src/channel/entry.js";
import type { Draft, Entry } from "../src/channel/event-log.js";
import { Window, type Place } from "../src/channel/window.js";

const entry = (id: string, draft: Partial<Draft> = {}): Entry => createEntry(id, { data: id, ...draft });

/** A window that has the entries 1 to `count` of the epoch `a`. */
function filled(count: number, { synchronous = false, head = 100 } = {}): Window {
  const window = new Window("a-0", undefined, head, synchronous);
  for (let n = 1; n <= count; n++) window.push(entry(`a-${n}`));
  return window;
}

const awaited = (id: string): Place => ({ id, number: Infinity });

describe("a window", () => {
  it("numbers its entries one by one, and finds each place by its id", () => {
    const window = filled(0);
    expect(window.push(entry("a-1"))).toBe(101);
    for (let n = 2; n <= 20; n++) window.push(entry(`a-${n}`));
    expect([window.head, window.visible, window.cursor, window.end]).toEqual([120, 120, "a-20", undefined]);
    for (let n = 0; n <= 20; n++) {
      expect(window.locate(`a-${n}`)).toBe(100 + n);
      expect(window.idOf(100 + n)).toBe(`a-${n}`);
      expect(window.entryAfter(100 + n)?.id).toBe(n === 20 ? undefined : `a-${n + 1}`);
    }
    expect([window.locate("a-21"), window.locate("b-3"), window.locate("nonsense")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([window.idOf(99), window.idOf(121), window.entryAfter(99), window.entryAfter(121)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("does not confuse another entry with the one that it has at the same position", () => {
    const window = new Window("a-1.5", undefined, 0, false);
    for (const id of ["a-2.5", "a-4.5", "a-6.5"]) window.push(entry(id));
    expect(["a-2.5", "a-2", "a-2.50", "a-3.5", "a-02.5"].map((id) => window.locate(id))).toEqual([
      1,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("holds 1 000 entries", () => {
    const window = filled(2_500, { head: 0 });
    expect([window.locate("a-1499"), window.locate("a-1500"), window.locate("a-1501")]).toEqual([
      undefined,
      1_500,
      1_501,
    ]);
    expect([window.idOf(1_499), window.idOf(1_500), window.entryAfter(1_499)]).toEqual([
      undefined,
      "a-1500",
      undefined,
    ]);
    for (let n = 1_500; n < 2_500; n++) expect(window.entryAfter(n)!.id).toBe(`a-${n + 1}`);
  });

  it("holds 1 MiB, or one larger entry", () => {
    const window = new Window("a-0", undefined, 0, false);
    const push = (n: number, bytes: number): number =>
      window.push(entry(`a-${n}`, { data: "x".repeat(bytes) }));
    for (let n = 1; n <= 20; n++) push(n, 100_000);
    expect([window.locate("a-9"), window.locate("a-10"), window.entryAfter(10)!.id]).toEqual([
      undefined,
      10,
      "a-11",
    ]);
    push(21, 2_000_000);
    expect([window.locate("a-19"), window.locate("a-20"), window.entryAfter(20)!.id]).toEqual([
      undefined,
      20,
      "a-21",
    ]);
    push(22, 10);
    expect([window.locate("a-20"), window.entryAfter(21)!.id]).toEqual([undefined, "a-22"]);
  });

  it("does not count the bytes of entries before a break", () => {
    const window = new Window("a-0", undefined, 0, false);
    for (let n = 1; n <= 9; n++) window.push(entry(`a-${n}`, { data: "x".repeat(100_000) }));
    window.break("a-20");
    for (let n = 21; n <= 30; n++) window.push(entry(`a-${n}`, { data: "x".repeat(100_000) }));
    expect([window.locate("a-20"), window.locate("a-21")]).toEqual([10, 11]);
  });

  it("holds the entries that are being delivered, on a log that answers at once", () => {
    const window = filled(3, { synchronous: true, head: 0 });
    expect([
      window.entryAfter(2)!.id,
      window.entryAfter(1),
      window.locate("a-2"),
      window.locate("a-1"),
    ]).toEqual(["a-3", undefined, 2, undefined]);
  });

  it("tells places that clients may know of from those that they cannot know", () => {
    const window = filled(2, { head: 0 });
    window.push(entry("a-3", { control: true }));
    expect([window.visible, window.head]).toEqual([2, 3]);
    window.push(entry("a-4"));
    expect([window.visible, window.head]).toEqual([4, 4]);
    window.push(entry("a-5", { control: true }));
    window.break("b-0");
    expect([window.visible, window.head]).toEqual([6, 6]);
  });

  it("knows the end of its log until the log is replaced", () => {
    const end = entry("a-3", { end: true });
    const window = filled(2);
    window.push(end);
    expect(window.end).toBe(end);
    window.break("b-0");
    expect(window.end).toBeUndefined();
    expect(new Window("a-3", end, 0, false).end).toBe(end);
  });

  it("has a number for the new place after a break, and none for the old ones", () => {
    const window = filled(5, { head: 0 });
    window.break("b-7");
    expect([window.head, window.cursor, window.locate("b-7"), window.idOf(6)]).toEqual([6, "b-7", 6, "b-7"]);
    expect([window.locate("a-5"), window.idOf(5), window.entryAfter(5), window.entryAfter(6)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    window.push(entry("b-8"));
    expect([window.locate("b-8"), window.entryAfter(6)!.id]).toEqual([7, "b-8"]);
  });

  it("returns the same place for everything that comes after the same entry", () => {
    const window = filled(2, { head: 0 });
    const here = window.place(undefined);
    expect(here).toEqual({ id: "a-2", number: 2 });
    expect([window.place(undefined), window.place("a-1"), window.place("a-2")]).toEqual([here, here, here]);
    expect(window.place("a-2")).toBe(here);
    const later = window.place("a-4");
    expect(later).toEqual({ id: "a-4", number: Infinity });
    expect(window.place("a-4")).toBe(later);
    expect(window.place("a-5")).not.toBe(later);
    window.push(entry("a-3"));
    expect(window.place(undefined)).toEqual({ id: "a-3", number: 3 });
    expect([here.number, later.number]).toEqual([2, Infinity]);
    window.push(entry("a-4"));
    expect(later.number).toBe(4);
    window.break("a-9");
    expect(window.place(undefined)).toEqual({ id: "a-9", number: 5 });
  });

  it("numbers a place once, when the place is reached or passed", () => {
    const window = filled(2, { head: 0 });
    const places = ["a-1", "", "a-3", "a-4", "a-9"].map(awaited);
    for (const place of places) window.await(place);
    expect(places.map(({ number }) => number)).toEqual([2, 2, Infinity, Infinity, Infinity]);
    expect(places[1]!.id).toBe("a-2");
    window.push(entry("a-3"));
    window.push(entry("a-5"));
    window.push(entry("a-6"));
    expect(places.map(({ number }) => number)).toEqual([2, 2, 3, 4, Infinity]);
  });

  it("keeps waiting for places after a hole, and passes the places that were lost in it", () => {
    const window = filled(2, { head: 0 });
    const places = ["a-5", "a-9"].map(awaited);
    for (const place of places) window.await(place);
    window.break("a-7");
    expect(places.map(({ number }) => number)).toEqual([3, Infinity]);
    window.push(entry("a-9"));
    expect(places.map(({ number }) => number)).toEqual([3, 4]);
  });

  it("passes the places that were lost when its log was restored from an older copy", () => {
    const window = filled(5, { head: 0 });
    const lost = awaited("a-9");
    window.await(lost);
    window.break("a-3");
    expect(lost.number).toBe(6);
  });

  it("passes the places of a replaced log, and keeps waiting for those of a future log", () => {
    const window = filled(2, { head: 0 });
    const old = awaited("a-5");
    const next = awaited("b-2");
    window.await(old);
    window.await(next);
    expect([old.number, next.number]).toEqual([Infinity, Infinity]);
    window.break("b-0");
    expect([old.number, next.number]).toEqual([3, Infinity]);
    // An older epoch counts as passed.
    const late = awaited("a-7");
    window.await(late);
    expect([late.number, window.place("a-8").number]).toEqual([3, 3]);
    window.push(entry("b-1"));
    window.push(entry("b-2"));
    expect(next.number).toBe(5);
  });

  it("passes the places of a log that came and went unnoticed", () => {
    const window = filled(2, { head: 0 });
    const between = awaited("b-5");
    window.await(between);
    window.break("c-0");
    expect(between.number).toBe(3);
  });

  it("passes the places of an unknown log that is known to be older", () => {
    const window = filled(2, { head: 0 });
    const [old, next] = [awaited("b-2"), awaited("c-2")];
    for (const place of [old, next]) window.await(place);
    window.supersede("b-2");
    expect([old.number, next.number]).toEqual([2, Infinity]);
  });

  it("remembers the sixteen logs before the current one", () => {
    const window = filled(1, { head: 0 });
    const epoch = (n: number): string => `e${n}`;
    for (let n = 1; n <= 17; n++) window.break(`${epoch(n)}-0`);
    // Replaced by e1 to e17: the last sixteen are e1 to e16, and a has been forgotten.
    expect(window.place("e1-3").number).toBe(18);
    expect(window.place("a-3").number).toBe(Infinity);
    window.break("e17-5"); // the same log goes on
    expect(window.place("e1-4").number).toBe(19);
  });
});
