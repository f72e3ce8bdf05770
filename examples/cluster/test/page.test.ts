import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import { startExample } from "../../../packages/conformance/src/support/start-example.js";
import { systemProgram } from "../../../packages/conformance/src/support/system-program.js";

const programs = (["chromium", "redis-server", "nginx"] as const).map((name) => systemProgram(name));
const [chromium] = programs;
const poll = { timeout: 30_000, interval: 50 };

/** Starts Redis, nginx and three nodes. They are stopped when the test finishes. */
async function startCluster(env: Record<string, string> = {}) {
  const { address, stop } = await startExample("cluster", { RESTART_MS: "500", ...env }, "start.js");
  onTestFinished(async () => void (await stop("SIGTERM")));
  return address;
}

describe.skipIf(programs.includes(undefined))("the cluster", { timeout: 120_000 }, () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    browser = await launchChromium(chromium!);
  });
  afterAll(() => browser?.close());

  async function open(address: string) {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    page.setDefaultTimeout(30_000);
    await page.goto(address);
    const count = async (name: string) => Number(await page.textContent(`[data-count=${name}]`));
    const servedBy = () => page.getAttribute("body", "data-node");
    return {
      page,
      count,
      servedBy,
      /** Waits for this number of further events. */
      async further(events: number) {
        const wanted = (await count("events")) + events;
        await expect.poll(() => count("events"), poll).toBeGreaterThanOrEqual(wanted);
      },
      /** Waits until all nodes publish. */
      async allUp() {
        await expect.poll(() => page.locator("article[data-state=up]").count(), poll).toBe(3);
      },
    };
  }

  test("goes on without a missing or repeated event when the node that serves the page is killed, each in turn", async () => {
    const { page, count, servedBy, further, allUp } = await open(await startCluster());
    await allUp();
    for (let kills = 1; kills <= 3; kills++) {
      const victim = (await servedBy())!;
      expect(victim).toMatch(/^[abc]$/);
      await page.click(`article[data-node=${victim}] button`);
      await expect.poll(() => count("connections"), poll).toBe(kills + 1);
      expect(await servedBy()).toMatch(/^[abc]$/);
      await further(10);
      await allUp(); // the node was started again, and publishes
    }
    expect(await count("missing")).toBe(0);
    expect(await count("repeated")).toBe(0);
    expect(await page.locator("#strip .missing, #strip .repeated").count()).toBe(0);
    expect(await page.textContent("#story")).not.toContain("reset");
  });

  test("fits a telephone, in light and in dark", async () => {
    const { page, further } = await open(await startCluster());
    await page.setViewportSize({ width: 375, height: 700 });
    await further(3);
    const colours = new Set<string>();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const { back, overflow } = await page.evaluate(() => ({
        back: getComputedStyle(document.documentElement).backgroundColor,
        overflow: document.documentElement.scrollWidth - innerWidth,
      }));
      expect(overflow).toBeLessThanOrEqual(0);
      colours.add(back);
    }
    expect(colours.size).toBe(2);
  });

  test("tells a health probe whether Redis can be reached", async () => {
    const response = await fetch(`${await startCluster()}/health`);
    expect(response.status).toBe(200);
  });
});
