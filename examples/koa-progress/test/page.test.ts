import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import {
  LOOKS,
  lowContrast,
  openAs,
  outsideWindow,
  overflow,
  reachedByTab,
} from "../../../packages/conformance/src/support/page-checks.js";
import { startExample } from "../../../packages/conformance/src/support/start-example.js";
import { systemProgram } from "../../../packages/conformance/src/support/system-program.js";

const chromium = systemProgram("chromium");

describe.skipIf(!chromium)("the page, in Chromium", () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    browser = await launchChromium(chromium!);
  });
  afterAll(() => browser?.close());

  async function open(address: string, look = LOOKS[0]!) {
    const { page, errors } = await openAs(browser, address, look);
    const feed = (words: string) => page.locator("#feed", { hasText: words }).waitFor();
    await feed("Live.");
    return { ...tab(page), errors, feed };
  }

  function tab(page: Awaited<ReturnType<typeof openAs>>["page"]) {
    return {
      page,
      start: (kind: "photos" | "film" | "orders") => page.click(`#start [value=${kind}]`),
      /** Waits for the card of a job in this state. */
      card: async (title: string, state: string) => {
        const card = page.locator(`article[data-state=${state}]`, { hasText: title });
        await card.first().waitFor();
        return card.first();
      },
      /** The steps that the bar shows, as they are now. */
      step: () =>
        page
          .locator("progress")
          .first()
          .evaluate((bar: HTMLProgressElement) => bar.value),
    };
  }

  test("shows two jobs at once, one done and one failed", async () => {
    const { address } = await startExample("koa-progress", { PAUSE: "10" });
    const { start, card, errors } = await open(address);
    await start("photos");
    await start("orders");
    expect(await (await card("Resize 60 photos", "done")).textContent()).toContain("60 of 60");
    expect(await (await card("Import orders.csv", "failed")).textContent()).toContain("got “twelve”");
    expect(errors).toEqual([]);
  });

  test("moves the bar step by step", async () => {
    const { address } = await startExample("koa-progress", { PAUSE: "150" });
    const { page, start, card, step } = await open(address);
    await start("photos");
    await card("Resize 60 photos", "running");
    const seen = new Set<number>();
    while (seen.size < 5) {
      seen.add(await step());
      await page.waitForTimeout(20);
    }
    expect([...seen]).toEqual([...seen].toSorted((a, b) => a - b));
    expect(await page.title()).toMatch(/^\d+ % · Long jobs$/);
  });

  test("a job goes on while the page is away, and is there on return", async () => {
    const { address, printed } = await startExample("koa-progress", { PAUSE: "20" });
    const { page, start, card, feed } = await open(address);
    await start("photos");
    await card("Resize 60 photos", "running");
    await page.goto("about:blank");
    await printed("Resize 60 photos: done");
    await page.goto(address);
    await feed("Live.");
    expect(await (await card("Resize 60 photos", "done")).textContent()).toContain("60 of 60");
  });

  test("after a reload, and in a second tab, the bar is where it was or further", async () => {
    const { address } = await startExample("koa-progress", { PAUSE: "100" });
    const { page, start, card, step } = await open(address);
    await start("film");
    await card("Render a film", "running");
    await expect.poll(step, { timeout: 10_000 }).toBeGreaterThan(3);
    const before = await step();
    await page.reload();
    await card("Render a film", "running");
    expect(await step()).toBeGreaterThanOrEqual(before);

    const second = tab(await page.context().newPage());
    await second.page.goto(address);
    await second.card("Render a film", "running");
    expect(await second.step()).toBeGreaterThanOrEqual(before);
    await (await second.card("Render a film", "running")).locator("button").click();
    await card("Render a film", "cancelled"); // what one tab does, the other shows
  });

  test("cancels a job with the button, and then removes it", async () => {
    const { address, printed } = await startExample("koa-progress", { PAUSE: "100" });
    const { page, start, card } = await open(address);
    await start("photos");
    await (await card("Resize 60 photos", "running")).getByText("Cancel", { exact: true }).click();
    const cancelled = await card("Resize 60 photos", "cancelled");
    expect(await cancelled.textContent()).toContain("You cancelled it.");
    await printed("Resize 60 photos: cancelled");
    await cancelled.getByText("Remove", { exact: true }).click();
    await page.locator("#empty").waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Resize photos");
  });

  test("says why a sixth job is not started", async () => {
    const { address } = await startExample("koa-progress", { PAUSE: "60000" });
    const { page, start } = await open(address);
    for (let n = 0; n < 5; n++) {
      await start("photos");
      await page.locator("article").nth(n).waitFor();
    }
    await start("photos");
    await page.locator("#hint", { hasText: "Five of your jobs are running" }).waitFor();
    expect(await page.locator("article").count()).toBe(5);
  });

  test("shows that a restarted server has no jobs", async () => {
    const { address, stop } = await startExample("koa-progress", { PAUSE: "200" });
    const { page, start, card, feed } = await open(address);
    await start("photos");
    await card("Resize 60 photos", "running");
    await stop("SIGKILL");
    await feed("The server is away");
    await startExample("koa-progress", { PORT: new URL(address).port, PAUSE: "5" });
    await feed("Live.");
    await page.locator("#hint", { hasText: "its jobs are gone" }).waitFor();
    expect(await page.locator("article").count()).toBe(0);
  });

  test.for(LOOKS)("can be read at $width px in $colorScheme", async (look) => {
    const { address } = await startExample("koa-progress", { PAUSE: "10" });
    const { page, start, card, errors } = await open(address, look);
    expect(await lowContrast(page)).toEqual([]);
    await start("photos");
    await start("orders");
    const failed = await card("Import orders.csv", "failed");
    await card("Resize 60 photos", "done");
    await start("film");
    await (await card("Render a film", "running")).locator("button").click();
    await card("Render a film", "cancelled");
    await start("film");
    await card("Render a film", "running");
    expect(await lowContrast(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    expect(await outsideWindow(page, ["h1", "#start", "article >> nth=0", "article >> nth=1"])).toEqual([]);
    expect(await failed.locator(".note").isVisible()).toBe(true);
    expect(errors).toEqual([]);
  });

  test("is used with the keyboard alone", async () => {
    const { address } = await startExample("koa-progress", { PAUSE: "60000" });
    const { page, card } = await open(address);
    expect(await reachedByTab(page, 3)).toEqual(["Resize photos", "Render a film", "Import orders fails"]);
    await page.keyboard.press("Enter");
    await card("Import orders.csv", "running");
    expect(await reachedByTab(page, 1)).toEqual(["Cancel"]);
    await page.keyboard.press("Space");
    await card("Import orders.csv", "cancelled");
  });
});
