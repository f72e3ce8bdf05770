/** Builds the site of the documentation, and checks each of its pages. */
import { existsSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemProgram } from "@ssekit/conformance";
import { launchChromium } from "../../src/support/launch-chromium.js";
import { runSafely } from "../packed/run.js";
import { deadSiteLinks, serveSite, sitePages, type SitePage } from "./built-site.js";
import { root } from "./markdown-files.js";

const PHONE = { width: 375, height: 800 };
const axe = join(root, "docs/node_modules/axe-core/axe.min.js");

/** Whether the tools of the site are installed. With SSEKIT_REQUIRE_ALL=1 it is an error if they are not. */
function areToolsInstalled(): boolean {
  if (existsSync(axe)) return true;
  if (process.env["SSEKIT_REQUIRE_ALL"] === "1") {
    throw new Error("The tools of the site are missing: pnpm --dir docs install --ignore-workspace");
  }
  return false;
}

describe.skipIf(!areToolsInstalled())("the site", () => {
  let pages: SitePage[];

  beforeAll(async () => {
    await runSafely(process.execPath, ["scripts/docs/site.mjs"], root, 290_000);
    pages = sitePages();
  }, 300_000);

  it("has a page for each part", () => {
    const paths = pages.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        "index.html",
        "getting-started.html",
        "packages/express.html",
        "api/core.html",
      ]),
    );
  });

  it("has a title, a description and one heading of the first level on each page", () => {
    const faults = pages
      .filter(({ path }) => path !== "404.html")
      .flatMap(({ path, html }) => {
        const title = /<title>([^<]+)<\/title>/.exec(html)?.[1];
        const description = /<meta name="description" content="([^"]*)">/.exec(html)?.[1] ?? "";
        const headings = html.match(/<h1[ >]/g)?.length;
        return [
          ...(title === undefined || title === "ssekit | ssekit" ? [`${path}: title ${title}`] : []),
          ...(description.length < 20 ? [`${path}: description "${description}"`] : []),
          ...(headings === 1 ? [] : [`${path}: ${headings} headings of the first level`]),
        ];
      });
    expect(faults).toEqual([]);
  });

  it("gives no two pages the same title or description", () => {
    for (const pattern of [/<title>([^<]+)/, /<meta name="description" content="([^"]*)"/]) {
      const texts = pages.map(({ html }) => pattern.exec(html)?.[1]);
      expect(texts.filter((text, index) => texts.indexOf(text) !== index)).toEqual([]);
    }
  });

  it("has no dead link and no dead anchor", () => {
    expect(
      pages.flatMap((page) => deadSiteLinks(page, pages).map((link) => `${page.path}: ${link}`)),
    ).toEqual([]);
  });

  it("has the same content for language models", () => {
    const dist = join(root, "docs/.vitepress/dist");
    const index = readFileSync(join(dist, "llms.txt"), "utf8");
    const links = [...index.matchAll(/\]\((\/[^)]+\.md)\)/g)].map(([, link]) => link!);
    expect(links).toEqual(expect.arrayContaining(["/options.md", "/packages/express.md"]));
    expect(links.filter((link) => !existsSync(join(dist, link)))).toEqual([]);
    expect(readFileSync(join(dist, "llms-full.txt"), "utf8")).toContain("ERR_SSE_LOG_UNAVAILABLE");
  });

  describe.skipIf(!systemProgram("chromium"))("in Chromium", () => {
    let browser: Browser;
    let served: { url: string; server: Server };

    beforeAll(async () => {
      browser = await launchChromium(systemProgram("chromium")!);
      served = await serveSite();
    });
    afterAll(async () => {
      await browser?.close();
      served?.server.close();
    });

    it(
      "shows every page without an error, without a request to another server, and no wider than a phone",
      { timeout: 300_000 },
      async () => {
        const faults: string[] = [];
        const page = await browser.newPage({ viewport: PHONE });
        page.on("console", (message) => {
          if (["error", "warning"].includes(message.type())) faults.push(`${page.url()}: ${message.text()}`);
        });
        page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.message}`));
        page.on("request", (request) => {
          if (!request.url().startsWith(served.url) && !request.url().startsWith("data:"))
            faults.push(request.url());
        });
        page.on("response", (response) => {
          if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
        });
        for (const { path } of pages.filter(({ path }) => path !== "404.html")) {
          await page.goto(`${served.url}/${path}`, { waitUntil: "load" });
          const width = await page.evaluate(() => document.documentElement.scrollWidth);
          if (width > PHONE.width) faults.push(`${path} is ${width} wide`);
        }
        await page.close();
        expect(faults).toEqual([]);
      },
    );

    it("shows the pictures on a phone as large as their text needs, and scrolls them", async () => {
      const page = await browser.newPage({ viewport: PHONE });
      for (const [path, least] of [
        ["concepts", 600],
        ["benchmarks", 900],
      ] as const) {
        await page.goto(`${served.url}/${path}`, { waitUntil: "load" });
        const widths = await page
          .locator(".vp-doc img")
          .evaluateAll((pictures) => pictures.map((picture) => picture.getBoundingClientRect().width));
        expect(widths.length).toBeGreaterThan(0);
        expect(Math.min(...widths)).toBeGreaterThanOrEqual(least);
        const picture = page.locator(".vp-doc .picture").first();
        await picture.focus();
        await page.keyboard.press("ArrowRight");
        await expect.poll(() => picture.evaluate((box) => box.scrollLeft)).toBeGreaterThan(0);
      }
      await page.close();
    });

    it("does not break a line within a number", () => {
      const options = pages.find(({ path }) => path === "options.html")!.html;
      expect(options).toContain("<td>15\u00A0000</td>");
      expect(options).not.toContain("<td>15 000</td>");
    });

    it.each(["light", "dark"] as const)(
      "can be read by everybody, %s: contrast, names, order",
      { timeout: 300_000 },
      async (colorScheme) => {
        const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 800 } });
        const page = await context.newPage();
        const faults: string[] = [];
        for (const path of [
          "",
          "getting-started",
          "concepts",
          "options",
          "troubleshooting",
          "api/core",
          "migration",
        ]) {
          await page.goto(`${served.url}/${path}`, { waitUntil: "load" });
          faults.push(...(await accessibilityFaults(page)).map((fault) => `${path}: ${fault}`));
        }
        await context.close();
        expect(faults).toEqual([]);
      },
    );

    it(
      "can be used with the keyboard alone, and shows where the focus is",
      { timeout: 300_000 },
      async () => {
        const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
        await page.goto(`${served.url}/errors`, { waitUntil: "load" });
        const reachable = await page.evaluate(() => {
          const visible = (element: Element) =>
            element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
          return [...document.querySelectorAll("a[href], button, input")].filter(
            (element) => visible(element) && (element as HTMLElement).tabIndex >= 0,
          ).length;
        });
        const reached = new Set<string>();
        const unmarked = new Set<string>();
        for (let presses = 0; presses < reachable + 20; presses++) {
          await page.keyboard.press("Tab");
          const focused = await page.evaluate(() => {
            const element = document.activeElement as HTMLElement;
            if (element === document.body) return undefined;
            element.dataset["number"] ??= String(document.querySelectorAll("[data-number]").length);
            const { outlineStyle, boxShadow } = getComputedStyle(element);
            return {
              id: element.dataset["number"],
              name: element.outerHTML.slice(0, 80),
              marked: outlineStyle !== "none" || boxShadow !== "none",
            };
          });
          if (focused === undefined) continue;
          reached.add(focused.id);
          if (!focused.marked) unmarked.add(focused.name);
        }
        await page.close();
        expect(reachable).toBeGreaterThan(20);
        expect(reached.size).toBeGreaterThanOrEqual(reachable);
        expect([...unmarked]).toEqual([]);
      },
    );
  });
});

interface AxeResults {
  violations: { id: string; nodes: { target: string[]; failureSummary?: string }[] }[];
}

async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(
    async () =>
      await (
        globalThis as unknown as { axe: { run(context: Document, options: object): Promise<AxeResults> } }
      ).axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa"] }),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes
      .slice(0, 5)
      .map((node) => `${id} ${node.target.join(" ")} ${node.failureSummary?.split("\n")[1] ?? ""}`),
  );
}
