import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import {
  LOOKS,
  lowContrast,
  openAs,
  outsideWindow,
  overflow,
} from "../../../packages/conformance/src/support/page-checks.js";
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
    const page = await browser.newPage({ timezoneId: "Asia/Kolkata" });
    onTestFinished(() => page.close());
    page.setDefaultTimeout(10_000);
    await page.goto(address);
    return {
      page,
      feed: (words: string) => page.locator("#feed", { hasText: words }).waitFor(),
      /** The text of the clock, and the angles of its hands. */
      face: () =>
        page.evaluate(() => ({
          time: document.querySelector("#time")!.textContent,
          turned: ["#hour", "#minute", "#second"].map((name) => {
            return Number(document.querySelector<HTMLElement>(name)!.dataset["turned"]) % 360;
          }),
        })),
    };
  }

  test("shows the server's time in the reader's zone, with hands that agree", async () => {
    const { address } = await startExample("hono-clock");
    const { page, feed, face } = await open(address);
    await feed("live from /clock");
    await page.locator("#runtime", { hasText: "on node" }).waitFor();
    const { time, turned } = await face();
    const [hours, minutes, seconds] = time.split(":").map(Number) as [number, number, number];
    const shown = (hours * 60 + minutes) * 60 + seconds;
    const now = Math.floor(Date.now() / 1000 + 5.5 * 3600) % 86_400; // India is five and a half hours ahead
    expect((now - shown + 86_400) % 86_400).toBeLessThan(15);
    expect(turned[0]).toBeCloseTo((shown / 120) % 360, 5);
    expect(turned[1]).toBeCloseTo((shown / 10) % 360, 5);
    expect(turned[2]).toBeCloseTo((shown * 6) % 360, 5);
  });

  test("continues by itself after the server was away", async () => {
    const { address, stop } = await startExample("hono-clock");
    const { feed, face } = await open(address);
    await feed("live from /clock");
    await stop("SIGKILL");
    await feed("The server is away");
    const before = await face();
    await startExample("hono-clock", { PORT: new URL(address).port });
    await feed("live from /clock");
    await expect.poll(face, { timeout: 10_000 }).not.toEqual(before);
  });

  test.for(LOOKS)("can be read at $width px in $colorScheme", async (look) => {
    const { address } = await startExample("hono-clock");
    const { page, errors } = await openAs(browser, address, look);
    await page.locator("#runtime", { hasText: "on node" }).waitFor();
    expect(await lowContrast(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    expect(await outsideWindow(page, ["body > svg", "#time", "#date", "dl", "footer"])).toEqual([]);
    expect(errors).toEqual([]);
  });
});
