import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import { systemProgram } from "../../../packages/conformance/src/support/system-program.js";
import { startExample } from "../../../packages/conformance/src/support/start-example.js";

const chromium = systemProgram("chromium");

describe.skipIf(!chromium)("the page, in Chromium", () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    browser = await launchChromium(chromium!);
  });
  afterAll(() => browser?.close());

  async function open(address: string) {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    page.setDefaultTimeout(10_000);
    await page.goto(address);
    return {
      page,
      start: (kind: "photos" | "orders") => page.click(`#start [value=${kind}]`),
      /** Waits for the card of a job in this state. */
      card: async (title: string, state: string) => {
        const card = page.locator(`article[data-state=${state}]`, { hasText: title });
        await card.first().waitFor();
        return card.first();
      },
      bar: () => page.evaluate(() => document.querySelector("progress")!.value),
    };
  }

  test("shows two jobs at once, one done and one failed, and starts neither stream again", async () => {
    const { address } = await startExample("koa-progress", { PAUSE: "10" });
    const { page, start, card } = await open(address);
    const requests: string[] = [];
    page.on("response", (response) => requests.push(`${response.status()} ${response.url()}`));
    await start("photos");
    await start("orders");

    const photos = await card("Resize 60 photos", "done");
    await photos.locator(".state", { hasText: "was told 204" }).waitFor();
    expect(await photos.textContent()).toContain("60 of 60");
    const orders = await card("Import orders.csv", "failed");
    await orders.locator(".state", { hasText: "was told 204" }).waitFor();
    expect(await orders.textContent()).toContain("got “twelve”");

    await page.waitForTimeout(2000); // twice the reconnection time
    const answers = requests.filter((url) => url.endsWith("/progress")).map((url) => url.slice(0, 3));
    expect(answers.toSorted()).toEqual(["200", "200", "204", "204"]);
  });

  test("moves the bar step by step", async () => {
    const { address } = await startExample("koa-progress", { PAUSE: "150" });
    const { page, start, card, bar } = await open(address);
    await start("photos");
    await card("Resize 60 photos", "progress");
    const seen = new Set<number>();
    while (seen.size < 5) {
      seen.add(await bar());
      await page.waitForTimeout(20);
    }
    expect([...seen]).toEqual([...seen].toSorted((a, b) => a - b));
  });

  test("cancels a job with the button", async () => {
    const { address, printed } = await startExample("koa-progress", { PAUSE: "100" });
    const { start, card } = await open(address);
    await start("photos");
    const running = await card("Resize 60 photos", "progress");
    await running.locator("button").click();
    const cancelled = await card("Resize 60 photos", "cancelled");
    expect(await cancelled.textContent()).toContain("You cancelled it.");
    await printed("Resize 60 photos: cancelled");
  });

  test("leaving the page cancels its jobs", async () => {
    const { address, output } = await startExample("koa-progress", { PAUSE: "200" });
    const { page, start, card } = await open(address);
    await start("photos");
    await card("Resize 60 photos", "progress");
    await page.goto("about:blank");
    await expect.poll(output, { timeout: 10_000 }).toContain("Nobody was watching.");
  });

  test("runs at most four jobs at a time", async () => {
    const { address } = await startExample("koa-progress", { PAUSE: "300" });
    const { page, start, card } = await open(address);
    for (let n = 0; n < 4; n++) await start("photos");
    await page.locator("#start :disabled").first().waitFor();
    expect(await page.locator("#start :enabled").count()).toBe(0);
    expect(await page.locator("article").count()).toBe(4);
    const running = await card("Resize 60 photos", "progress");
    await running.locator("button").click();
    await card("Resize 60 photos", "cancelled");
    await page.locator("#start [value=photos]:enabled").waitFor();
  });

  test("shows that a restarted server does not know the job", async () => {
    const { address, stop } = await startExample("koa-progress", { PAUSE: "200" });
    const { page, start, card } = await open(address);
    await start("photos");
    await card("Resize 60 photos", "progress");
    await stop("SIGKILL");
    await page.locator(".state", { hasText: "The server is away" }).waitFor();
    await startExample("koa-progress", { PORT: new URL(address).port, PAUSE: "5" });
    const failed = await card("Resize 60 photos", "failed");
    expect(await failed.textContent()).toContain("does not know this job");
  });
});
