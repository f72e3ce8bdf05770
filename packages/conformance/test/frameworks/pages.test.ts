import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { run } from "../packed/run.js";
import { frameworks } from "./frameworks.js";
import { appFolder } from "./install-app.js";

const pages = fileURLToPath(new URL("../../../../docs/frameworks/", import.meta.url));
const FILE = /^\*\*`([^`]+)`\*\*\n\n```(\w+)\n.*?^```$/gms;
/** Files that every app has, that a framework generates, or that only tests need. */
const NOT_SHOWN =
  /^(package\.json|pnpm-lock\.yaml|tsconfig\.json|.*vite\.config\.ts|nitro\.config\.ts|.*probe.*)$/;
/** Files of a new app, which the page does not change. */
const UNCHANGED = ["src/app.html", "app/root.tsx"];

/** A file as the page shows it: without the lines that only tests need. */
async function shownFile(name: string, file: string): Promise<string> {
  const text = await readFile(join(appFolder(name), file), "utf8");
  return text.replaceAll(/^.*probe.*\n/gm, "");
}

describe.each(frameworks.map(({ name, versions }) => [name, versions] as const))(
  "the page of %s",
  (name, versions) => {
    const path = join(pages, `${name}.md`);

    // `vitest -u` copies the files into the page.
    it("shows the files of the app that is tested", async () => {
      let page = await readFile(path, "utf8");
      for (const [block, file, language] of page.matchAll(FILE)) {
        const shown = `**\`${file}\`**\n\n\`\`\`${language}\n${await shownFile(name, file!)}\`\`\``;
        page = page.replace(block, () => shown);
      }

      await expect(page).toMatchFileSnapshot(path);
    });

    it("shows all files that a reader has to write", async () => {
      const page = await readFile(path, "utf8");
      const { output } = await run("git", ["ls-files"], appFolder(name), 10_000);
      const files = output
        .split("\n")
        .filter((file) => file && !NOT_SHOWN.test(file) && !UNCHANGED.includes(file));

      expect([...page.matchAll(FILE)].map((match) => match[1]!).toSorted()).toEqual(files.toSorted());
    });

    it.each(["the page", "the index"])("has the tested versions: %s", async (which) => {
      const text = await readFile(which === "the page" ? path : join(pages, "index.md"), "utf8");
      const { dependencies, devDependencies } = JSON.parse(
        await readFile(join(appFolder(name), "package.json"), "utf8"),
      );
      const all: Record<string, string> = { ...dependencies, ...devDependencies };

      for (const dependency of which === "the page" ? versions : versions.slice(0, 1)) {
        expect(text).toContain(`\`${dependency}\` ${all[dependency]!.replace(/^npm:.*@/, "")}`);
      }
    });
  },
);
