/** The documentation in the tarball of a package. `check:packages` checks it in each tarball. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { documentationFaults } from "../../../../scripts/docs/documentation-faults.mjs";
import { packageTarget } from "../../../../scripts/docs/package.mjs";
import { descriptionOf, movedPage } from "../../../../scripts/docs/pages.mjs";

describe("a page at another place", () => {
  const page = movedPage("packages/express/README.md", "README.md", (file) => packageTarget("express", file));

  it("has links to the new places of pages and files", () => {
    expect(page).toContain("(docs/packages/core.md#eventstream)");
    expect(page).toContain("(docs/examples/recipes/user-feed.js)");
  });

  it("has no link that leaves the package", () => {
    expect(page).not.toContain("](..");
  });
});

describe("the check of a package's documentation", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "ssekit-documentation-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const faultsOf = (files: Record<string, string>): string[] => {
    for (const [file, text] of Object.entries({ "README.md": "# A", "docs/api/a.md": "# API", ...files })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    return documentationFaults(folder, "a");
  };

  it("finds nothing wrong with links inside of the package and to other servers", () => {
    expect(
      faultsOf({
        "README.md": "# A\n\n[b](docs/b.md#c) [d](https://example.com)",
        "docs/b.md": "# B\n\n## C",
      }),
    ).toEqual([]);
  });

  it("finds a link that leaves the package, also one that would be alive in the repository", () => {
    expect(faultsOf({ "README.md": "[b](../b/README.md)", "b/README.md": "# B" })).toEqual([
      "README.md: ../b/README.md is not in the package",
    ]);
  });

  it("finds a link to a file or a heading that is not there", () => {
    expect(faultsOf({ "README.md": "[b](docs/b.md) [c](docs/api/a.md#c)" })).toEqual([
      "README.md: docs/b.md is not in the package",
      "README.md: docs/api/a.md#c: no such heading",
    ]);
  });

  it("finds that the API is missing", () => {
    writeFileSync(join(folder, "README.md"), "# A");
    expect(documentationFaults(folder, "a")).toEqual(["docs/api/a.md is missing"]);
  });
});

describe("the description of a page", () => {
  it("is its first paragraph, without Markdown", () => {
    expect(descriptionOf("# A\n\nHow `b` works: [see\nthere](c.md).\n\nMore.")).toBe(
      "How b works: see there.",
    );
  });

  it("is a whole sentence if the paragraph is long", () => {
    expect(descriptionOf(`# A\n\n${"One sentence that is rather long. ".repeat(9)}`)).toMatch(/^One .*\.$/);
  });
});
