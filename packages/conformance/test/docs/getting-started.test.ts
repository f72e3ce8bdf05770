/** What a newcomer does with the last program of each first page: opens it in a browser, and adds a note. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemProgram } from "@ssekit/conformance";
import { launchChromium } from "../../src/support/launch-chromium.js";
import { markdownFiles, readText } from "./markdown-files.js";
import { readUntil, runSnippet } from "./run-snippet.js";
import { snippetsOf } from "./snippets.js";

const folder = fileURLToPath(new URL("./.snippets/", import.meta.url));
const pages = markdownFiles().filter((file) => file.startsWith("docs/getting-started/"));

describe.skipIf(!systemProgram("chromium"))("the app of", () => {
  let browser: Browser;
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    browser = await launchChromium(systemProgram("chromium")!);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(pages)("%s shows in one tab what was added in another", { timeout: 60_000 }, async (file) => {
    const snippet = snippetsOf(file, readText(file)).find(({ how }) => how?.includes("GET /notes"))!;
    const program = `${folder}${file.replaceAll(/\W/g, "-")}.mjs`;
    writeFileSync(program, snippet.code);
    await runSnippet(snippet.name, program, async ({ url }) => {
      await readUntil(`${url}/notes`, "The first note");
      const [writer, reader] = [await browser.newPage(), await browser.newPage()];
      try {
        await Promise.all([writer.goto(url), reader.goto(url)]);
        await writer.getByLabel("Note").fill("<b>Hello</b> 👋");
        await writer.getByRole("button", { name: "Add" }).click();
        for (const page of [writer, reader]) {
          await page.getByText("<b>Hello</b> 👋").waitFor({ timeout: 10_000 });
          expect(await page.getByRole("listitem").allTextContents()).toEqual([
            "The first note",
            "<b>Hello</b> 👋",
          ]);
        }
      } finally {
        await Promise.all([writer.close(), reader.close()]);
      }
    });
  });
});
