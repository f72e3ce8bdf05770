import { expect, it } from "vitest";
import { compareIds, epochOf } from "../src/channel/ids.js";

const order = (a: string, b: string): number | undefined => {
  const compared = compareIds(a, b);
  return compared === undefined ? undefined : Math.sign(compared);
};

it.each([
  ["a-1", "a-2"],
  ["a-9", "a-10"],
  ["a-0", "a-1"],
  ["a-1.9", "a-1.10"],
  ["a-1.5", "a-2.1"],
  ["a-2.1", "a-10.0"],
  ["a-1", "a-1.0"],
  ["a-1.0", "a-1.0.0"],
  ["a-1.2.3", "a-1.2.4"],
  ["a-9007199254740992", "a-9007199254740993"],
  ["a-99999999999999999999", "a-100000000000000000000"],
  ["a-7.18446744073709551614", "a-7.18446744073709551615"],
  ["an-epoch-with-hyphens-3", "an-epoch-with-hyphens-4"],
])("%s comes before %s", (before, after) => {
  expect([order(before, after), order(after, before)]).toEqual([-1, 1]);
  expect([order(before, before), order(after, after)]).toEqual([0, 0]);
});

it.each([
  ["a-1", "b-2"],
  ["a-1", "A-2"],
  ["a-b-1", "a-1"],
])("%s and %s have no order, because they are of different epochs", (one, other) => {
  expect([order(one, other), order(other, one)]).toEqual([undefined, undefined]);
});

it.each([
  "",
  "-",
  "a",
  "1",
  "-1",
  "a-",
  "a-x",
  "a-01",
  "a-1.",
  "a-.1",
  "a-1..2",
  "a-1.02",
  "a-+1",
  "a-1e3",
  "a-0x1",
  " a-1 ",
  "a-1\n",
  "a-١",
  "a-1~end",
  "start",
  "__proto__",
])("%j has no order, not even to itself", (text) => {
  expect([order(text, text), order(text, "a-1"), order("a-1", text)]).toEqual(Array(3).fill(undefined));
});

it("compares a hostile text fast", () => {
  const texts = ["-".repeat(1e5), "-1".repeat(5e4), "a-" + "1.".repeat(5e4), "a-" + "1".repeat(1e5) + "x"];
  const before = performance.now();
  for (const text of texts) expect(order(text, `${text} `)).toBeUndefined();
  expect(performance.now() - before).toBeLessThan(5_000);
});

it("returns the epoch of an id, whatever its position", () => {
  expect(["a-1", "a-b-1.2", "a-1~end", "a-", "-1", "a", ""].map(epochOf)).toEqual([
    "a",
    "a-b",
    "a",
    "a",
    "",
    "a",
    "",
  ]);
});
