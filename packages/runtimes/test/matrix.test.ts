import { describe, expect, it } from "vitest";
import { BEHAVIOURS } from "../behaviours.mjs";
import { makeMatrix } from "../matrix.mjs";

const test = (group: string, status = "passed", skipReason?: string) => ({
  status,
  fullName: `${group} test`,
  ancestorTitles: ["the contract of adapters: X", group],
  meta: { ...(skipReason !== undefined && { skipReason }) },
});

/** A report in which every behaviour has a test. */
const ALL = Object.keys(BEHAVIOURS).map((behaviour) => test(behaviour));

/** The row of a behaviour. */
function row(text: string, behaviour: string): string[] {
  const line = text.split("\n").find((each) => each.includes(`| ${behaviour} `))!;
  return line
    .split("|")
    .slice(2, -1)
    .map((cell) => cell.trim());
}

describe("the matrix of runtimes", () => {
  it("has a tick where all tests passed", () => {
    const { text, omissions, problems } = makeMatrix(() => ALL);
    expect([omissions, problems]).toEqual([[], []]);
    expect(new Set(row(text, "Drain"))).toEqual(new Set(["✓"]));
  });

  it("gives each reason for which a test is skipped one number", () => {
    const skipped = [
      test("P8: close", "skipped", "Deno: it cannot"),
      test("P7: x", "skipped", "Deno: it cannot"),
    ];
    const { text, problems } = makeMatrix((column) => (column === "deno" ? [...ALL, ...skipped] : ALL));
    expect(problems).toEqual([]);
    expect(row(text, "Drain")).toContain("✓ [1]");
    expect(row(text, "Backpressure")).toContain("✓ [1]");
    expect(text).toContain("- [1] Deno: it cannot.");
  });

  it("says that a behaviour is not tested", () => {
    const { problems } = makeMatrix((column) => (column === "bun" ? ALL.slice(1) : ALL));
    expect(problems).toEqual([`${Object.keys(BEHAVIOURS)[0]} on Bun: no test`]);
  });

  it("shows a failed test", () => {
    const { text, problems } = makeMatrix((column) =>
      column === "bun" ? [...ALL, test("P8: x", "failed")] : ALL,
    );
    expect(problems).toEqual(["Drain on Bun: a test failed"]);
    expect(row(text, "Drain")).toContain("✗");
  });

  it("names a test that is skipped without a reason, and a runtime without a report", () => {
    const { omissions } = makeMatrix((column) =>
      column === "bun" ? undefined : column === "deno" ? [...ALL, test("P8: x", "skipped")] : ALL,
    );
    expect(omissions).toEqual(["Bun has no report", "Drain on Deno: skipped without a reason: P8: x test"]);
  });

  it("names a group of tests that no behaviour has", () => {
    const { problems } = makeMatrix(() => [...ALL, test("a new group")]);
    expect(problems).toEqual(['No behaviour of the matrix has the group "a new group"']);
  });
});
