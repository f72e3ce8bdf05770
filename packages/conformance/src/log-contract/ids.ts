import { readFileSync } from "node:fs";
import { compareIds, epochOf } from "@ssekit/core/adapter";
import { describe, expect, it } from "vitest";
import { expectEntries, expectReset, later, probe, type LogSubject } from "./log-subject.js";

/** Values that a client may send as its last event ID to a log whose newest id is `id`. */
const HOSTILE: Record<string, (id: string) => string> = {
  "an empty one": () => "",
  "ten kilobytes": () => "9".repeat(10_240),
  "ten kilobytes after an epoch": (id) => `${epochOf(id)}-${"9".repeat(10_240)}`,
  "the name of a prototype": () => "__proto__",
  "the name of a method": () => "constructor",
  "an epoch alone": (id) => epochOf(id),
  "an epoch and a hyphen": (id) => `${epochOf(id)}-`,
  "a position alone": (id) => id.slice(id.lastIndexOf("-") + 1),
  "a position below 0": (id) => `${epochOf(id)}--1`,
  "a leading zero": (id) => id.replace(/(\d+)$/, "0$1"),
  "a plus": (id) => id.replace(/(\d+)$/, "+$1"),
  "a fraction": (id) => `${id}.0`,
  "an exponent": (id) => `${id}e0`,
  hexadecimal: (id) => id.replace(/\d+$/, "0x1"),
  "digits of another script": (id) =>
    id.replace(/\d+$/, (digits) =>
      digits.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit))),
    ),
  "full-width digits": (id) =>
    id.replace(/\d+$/, (digits) =>
      digits.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
    ),
  "a space before": (id) => ` ${id}`,
  "a space after": (id) => `${id} `,
  "a line end after": (id) => `${id}\n`,
  "a NUL after": (id) => `${id}\0`,
  "the mark of an end": (id) => `${id}~end`,
  "two ids": (id) => `${id},${id}`,
  "a soft hyphen": (id) => id.replace(/-([\d.]+)$/, "\u00ad-$1"),
  "a lone surrogate": () => "\ud800",
  "an emoji": () => "🙂-1",
  infinity: (id) => id.replace(/\d+$/, "Infinity"),
  "more than a whole number holds": (id) => id.replace(/\d+$/, "9007199254740993"),
  "more than any number holds": (id) => id.replace(/\d+$/, "9".repeat(400)),
  "words of a Redis stream: the newest": () => "$",
  "words of a Redis stream: the smallest": () => "-",
  "words of a Redis stream: the largest": () => "+",
  "words of a Redis stream: the next": () => ">",
  "words of a Redis stream: any": () => "*",
  "a position of a Redis stream": () => "0-0",
  "a subject of NATS": () => "*.>",
  "the word start": () => "start",
  "the word oldest": () => "oldest",
  "start, in capitals": () => "START",
  "start, and a space": () => "start ",
};

const FORBIDDEN = /[:<>()[\]{}?@\\"]/;

export function idsContract(subject: LogSubject): void {
  describe("its ids", () => {
    it("consist of an epoch and a position, are unique and short, and are safe in a header", async () => {
      const log = await probe(subject);
      const ids = await log.appendAll(
        "a",
        "b",
        { data: "c", event: "x", topics: ["t"] },
        { data: "d", end: true },
      );
      expect(new Set(ids).size).toBe(4);
      expect(new Set(ids.map(epochOf)).size).toBe(1);
      for (const id of ids) {
        expect(id).toMatch(/^[!-~]+-[0-9]+(\.[0-9]+)*$/);
        expect(id).not.toMatch(FORBIDDEN);
        expect(id.length).toBeLessThanOrEqual(124);
        expect(id.endsWith("~end")).toBe(false);
      }
      const orders = ids.slice(1).map((id, n) => compareIds(ids[n]!, id));
      for (const order of orders) expect(order).toBeLessThan(0);
    });

    it("have another epoch in another log", async () => {
      const [one, other] = [await probe(subject), await probe(subject)];
      const [id] = await one.appendAll("a", "b");
      await other.appendAll("a", "b");
      expect(expectReset(await other.read({ after: id! })).reset).toBe("new-log");
    });

    it("are unknown as long as no entry has them", async () => {
      const log = await probe(subject);
      const [id] = await log.appendAll("a");
      for (const by of [1, 2, 1_000_000]) {
        expect(expectReset(await log.read({ after: later(id!, by) })).reset).toBe("unknown-id");
      }
    });

    it("are not recognised in text that only looks like an id", async () => {
      const log = await probe(subject);
      const ids = await log.appendAll("a", "b", "c");
      await log.untilReadable(ids.at(-1)!);
      const wrong = Object.entries(HOSTILE).map(async ([what, forge]) => {
        const { reset, cursor } = expectReset(await log.read({ after: forge(ids.at(-1)!) }));
        expect(["unknown-id", "new-log"], what).toContain(reset);
        expect(await log.data({ after: cursor }), what).toEqual(["a", "b", "c"]);
      });
      await Promise.all(wrong);
    });

    it("are not recognised in the values of injection.json", async () => {
      const log = await probe(subject);
      await log.appendAll("a");
      const url = new URL("../../vectors/injection.json", import.meta.url);
      const values = (JSON.parse(readFileSync(url, "utf8")) as { value: unknown }[]).map(
        ({ value }) => value,
      );
      const texts = values.filter((value) => typeof value === "string");
      expect(texts.length).toBeGreaterThan(40);
      for (const read of await Promise.all(texts.map((text) => log.read({ after: text })))) {
        expect(expectReset(read).reset).toBe("unknown-id");
      }
    });

    it("work as the cursor of a reset: reading after it returns the kept entries", async () => {
      const log = await probe(subject);
      const { cursor } = expectReset(await log.read({ after: "nonsense" }));
      expect(expectEntries(await log.read({ after: cursor }))).toMatchObject({ entries: [], atTail: true });
      const [id] = await log.appendAll("a");
      await log.untilReadable(id!);
      expect(await log.data({ after: cursor })).toEqual(["a"]);
    });
  });
}
