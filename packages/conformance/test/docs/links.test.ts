/** The links between the Markdown files of the repository, as a reader follows them there. `site.test.ts` has the site's. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf } from "../../../../scripts/docs/heading-anchors.mjs";
import { linksOf, replaceLinks, resolveLink } from "../../../../scripts/docs/markdown-links.mjs";
import { linkedFile } from "../../../../scripts/docs/pages.mjs";
import { markdownFiles, readText, root } from "./markdown-files.js";

/** What is wrong with the links of a page. */
function deadLinks(page: string): string[] {
  return linksOf(readText(page)).flatMap((address) => {
    const link = resolveLink(page, address);
    if (link === undefined) return [];
    if (!existsSync(join(root, link.file))) return [`${address}: no such file`];
    if (link.hash === "") return [];
    const file = linkedFile(link.file);
    if (file?.endsWith(".md") !== true || statSync(join(root, link.file)).isDirectory()) {
      return [`${address}: an anchor, but no page`];
    }
    const anchors = anchorsOf(readText(file));
    return anchors.includes(link.hash.slice(1)) ? [] : [`${address}: no such heading in ${file}`];
  });
}

describe("the links in the repository", () => {
  it.each(markdownFiles())("of %s lead somewhere", (page) => {
    expect(deadLinks(page)).toEqual([]);
  });
});

describe("the check of links", () => {
  it("finds links and images, and no link inside of code", () => {
    const page = '[a](b.md#c) ![d](e.svg) [`f[0]`](g)\n\n`[h](i)`\n\n```js\n[j](k)\n```\n[l [m]](n "o")';
    expect(linksOf(page)).toEqual(["b.md#c", "e.svg", "g", "n"]);
  });

  it("replaces links, or leaves only their text", () => {
    const page = "[a](b) and [`c`](d) and `[e](f)`";
    expect(replaceLinks(page, (address) => (address === "b" ? "x" : undefined))).toBe(
      "[a](x) and `c` and `[e](f)`",
    );
  });

  it("resolves links as a browser does", () => {
    expect(resolveLink("docs/a/b.md", "../c.md#d")).toEqual({ file: "docs/c.md", hash: "#d" });
    expect(resolveLink("docs/a.md", "#d")).toEqual({ file: "docs/a.md", hash: "#d" });
    expect(resolveLink("docs/a.md", "../packages/core/")).toEqual({ file: "packages/core", hash: "" });
    expect(resolveLink("docs/a.md", "https://example.com/b")).toBeUndefined();
  });

  it("knows the anchors that GitHub gives", () => {
    const page = "# A `b` (c)\n## What's **new**?\n```\n# no\n```\n## a b c\n### relay(x, y?)\n## [D](e) – f";
    expect(anchorsOf(page)).toEqual(["a-b-c", "whats-new", "a-b-c-1", "relayx-y", "d--f"]);
  });
});
