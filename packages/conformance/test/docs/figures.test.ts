/** The figures in the README are those of the last bench, which `docs/benchmarks.svg` shows. */
import { describe, expect, it } from "vitest";
import { readText } from "./markdown-files.js";

const svg = readText("docs/benchmarks.svg");
const readme = readText("README.md");
const [, figures = ""] = /## Figures\n(.*?)\n## /s.exec(readme) ?? [];

/** What the drawing says of a contender in a case. */
function drawn(name: string, contender: string): string {
  const [, group = ""] =
    new RegExp(`class="title"[^>]*>${name}: (.*?)(?:class="title"|</svg>)`, "s").exec(svg) ?? [];
  const [, value = ""] =
    new RegExp(`>${contender}</text>.*?class="value"[^>]*>([^<]+)`, "s").exec(group) ?? [];
  return value;
}

describe("the figures in the README", () => {
  it("are of the day and the versions of the drawing", () => {
    const [, date = ""] = /(\d{4}-\d\d-\d\d)/.exec(svg) ?? [];
    const [, version = ""] = /better-sse (\d+\.\d+\.\d+)/.exec(svg) ?? [];
    expect(figures).toContain(date);
    expect(figures).toContain(`better-sse ${version}`);
  });

  it("are those of the drawing, case by case, in the order of the command", () => {
    const [, cases = ""] = /pnpm@\S+ bench ([\w ]+?) *#/.exec(figures) ?? [];
    const expected = cases.split(" ").map((name) => {
      const [, ours, ratio] = /^([\d.]+) \(([\d.]+)\)$/.exec(drawn(name, "ssekit on Express")) ?? [];
      return [ours, drawn(name, "better-sse on Express"), ratio];
    });
    const shown = [
      ...figures.matchAll(/^\| [^|]+\| ([\d.]+) (?:µs|ms) +\| ([\d.]+) (?:µs|ms) +\| ([\d.]+) +\|$/gm),
    ];
    expect(expected.length).toBeGreaterThan(3);
    expect(shown.map((match) => match.slice(1))).toEqual(expected);
  });
});
