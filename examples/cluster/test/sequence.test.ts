import { expect, test } from "vitest";
import { Sequence } from "../public/sequence.js";

const event = (number: number, { node = "a", run = 1 } = {}) => ({ node, run, number });

test("a page that opens late misses nothing", () => {
  expect(new Sequence().add(event(70))).toBe(0);
});

test("missing and repeated events are found, for each node and each of its processes", () => {
  const sequence = new Sequence();
  const added = [
    event(1),
    event(2),
    event(5),
    event(5),
    event(3, { node: "b" }),
    event(4, { node: "b" }),
    event(1, { run: 2 }),
    event(3, { run: 2 }),
    event(4),
  ].map((one) => sequence.add(one));
  expect(added).toEqual([0, 0, 2, -1, 0, 0, 0, 1, -1]);
});
