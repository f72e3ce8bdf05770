import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import {
  LOOKS,
  lowContrast,
  openAs,
  outsideWindow,
  overflow,
  reachedByTab,
} from "../../../packages/conformance/src/support/page-checks.js";
import { systemProgram } from "../../../packages/conformance/src/support/system-program.js";
import { symbols } from "../market.js";
import { startApp } from "./start-app.js";

const chromium = systemProgram("chromium");
const poll = { timeout: 20_000, interval: 20 };

describe.skipIf(!chromium)("the page, in Chromium", { timeout: 30_000 }, () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    browser = await launchChromium(chromium!);
  });
  afterAll(() => browser?.close());

  /** Opens the page, and waits until both of its readers have their first snapshot. */
  async function open(address: string, look = LOOKS[0]!) {
    const { page, errors } = await openAs(browser, address, look);
    page.setDefaultTimeout(20_000);
    const card = (id: string) => ({
      log: async () =>
        (await page.locator(`${id} li`).allTextContents()).map((line) => line.replace(/^.*?[AP]M /, "")),
      received: async () =>
        Number((await page.textContent(`${id} [data-count=received]`))!.replace(/\D/g, "")),
      curves: () =>
        page
          .locator(`${id} polyline`)
          .evaluateAll((lines) =>
            Object.fromEntries(
              lines.map((line) => [line.getAttribute("data-symbol"), line.getAttribute("points")]),
            ),
          ),
      holes: () => page.locator(`${id} .hole`).count(),
    });
    const steady = card("#steady");
    const slow = card("#slow");
    for (const { log } of [steady, slow]) await expect.poll(log, poll).toEqual([snapshot]);
    return {
      page,
      errors,
      steady,
      slow,
      button: (words: string) => page.click(`#slow button:text-is("${words}")`),
      count: (name: string) => page.textContent(`#server [data-count=${name}]`),
    };
  }
  const snapshot = "snapshot of the last minute";

  test("shows the ticks of the chosen topics, and the number of their readers", async () => {
    const { address, market } = await startApp();
    const { page, steady, slow } = await open(address);
    market.tick();
    for (const { received, curves } of [steady, slow]) {
      await expect.poll(received, poll).toBe(symbols.length);
      expect(Object.keys(await curves())).toEqual(symbols);
    }
    await page.uncheck("input[value=copper]");
    for (const { log } of [steady, slow]) await expect.poll(log, poll).toEqual([snapshot, snapshot]);
    market.tick();
    for (const { received, curves } of [steady, slow]) {
      await expect.poll(received, poll).toBe(2 * symbols.length - 1);
      expect(Object.keys(await curves())).toEqual(["wheat", "cocoa", "cotton"]);
    }
    await expect.poll(() => market.prices.topics.has("copper"), poll).toBe(false);
    market.report();
    for (const [symbol, readers] of [
      ["wheat", "2"],
      ["copper", "0"],
    ] as const) {
      await expect.poll(() => page.textContent(`[data-readers=${symbol}]`), poll).toBe(readers);
    }
  });

  test("continues after the connection broke, without missing or repeated events and without a reset", async () => {
    const { address, market, cut } = await startApp();
    const { steady, slow } = await open(address);
    market.tick();
    for (const { received } of [steady, slow]) await expect.poll(received, poll).toBe(symbols.length);
    cut();
    for (let count = 0; count < 10; count++) market.tick();
    for (const { received, log } of [steady, slow]) {
      await expect.poll(received, poll).toBe(11 * symbols.length);
      expect(await log()).toEqual([snapshot, "connection lost, trying again"]);
    }
    expect(await slow.curves()).toEqual(await steady.curves());
  });

  test(
    "a reader that stopped gets a reset and continues from the snapshot; the other reader is not affected (P7)",
    { timeout: 60_000 },
    async () => {
      const { address, events, market } = await startApp({ events: 200 });
      const { steady, slow, button, count } = await open(address);
      let published = 0;
      async function publish(ticks: number) {
        for (let tick = 0; tick < ticks; tick++) {
          market.tick();
          published += symbols.length;
          await setImmediate();
        }
        await expect.poll(steady.received, poll).toBe(published);
      }
      await publish(1);
      await expect.poll(slow.received, poll).toBe(published);

      await button("Stop reading");
      // The buffers of two systems and a browser fill up first. Only then do bytes wait in the server.
      const waiting = () => [...events.streams].some((stream) => stream.bufferedBytes > 0);
      while (!waiting() && published < 20_000) await publish(20);
      await publish(60); // more than the history
      market.report();
      await expect.poll(() => count("lagging"), poll).toBe("1");
      expect(await count("live")).toBe("1");
      expect(parseInt((await count("buffered"))!, 10)).toBeLessThan(100);
      expect(await count("resets")).toBe("0");

      await button("Read on");
      await expect.poll(slow.log, poll).toEqual(["stopped reading", "reads on", "reset: evicted", snapshot]);
      // The page draws its counts later than it writes its log.
      let before = -1;
      const standsStill = async () => before === (before = await slow.received());
      await expect.poll(standsStill, { ...poll, interval: 250 }).toBe(true);
      expect(before).toBeLessThan(published);
      await publish(10);
      await expect.poll(slow.received, poll).toBe(before + 10 * symbols.length);
      expect(await slow.curves()).toEqual(await steady.curves()); // the snapshot contains the prices of the missing events
      expect(await slow.holes()).toBe(1);

      market.report();
      await expect.poll(() => count("lagging"), poll).toBe("0");
      expect(await count("resets")).toBe("1");
      expect(await steady.log()).toEqual([snapshot]);
      expect(await steady.holes()).toBe(0);
    },
  );

  test.for(LOOKS)("can be read at $width px in $colorScheme", async (look) => {
    const { address, market } = await startApp();
    tickForAMinute(market);
    const { page, button, errors } = await open(address, look);
    await page.locator("#slow polyline").first().waitFor();
    market.report();
    await button("Stop reading");
    expect(await page.textContent("#slow [role=status]")).toContain("Stopped.");
    expect(await lowContrast(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    expect(await labelsUnderLines(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  test("shows the cause and the effect together at 1280 by 800 pixels, with all lines of the log", async () => {
    const { address } = await startApp();
    const { page, button, slow } = await open(address);
    for (let line = 0; line < 3; line++) await button(line % 2 === 0 ? "Stop reading" : "Read on");
    expect(await slow.log()).toHaveLength(4);
    const important = ["h1", "#server", "#topics", "#steady", "#slow button", "#slow svg", "#slow ol"];
    expect(await outsideWindow(page, important)).toEqual([]);
    const [steady, stopped] = await Promise.all(
      ["#steady", "#slow"].map((id) => page.locator(id).boundingBox()),
    );
    expect(stopped!.y).toBe(steady!.y); // side by side
    expect(stopped!.x).toBeGreaterThan(steady!.x);
  });

  test("is used with the keyboard alone", async () => {
    const { address } = await startApp();
    const { page } = await open(address);
    expect(await reachedByTab(page, 5)).toEqual([...symbols, "Stop reading"]);
    await page.keyboard.press("Enter");
    expect(await page.textContent("#slow button")).toBe("Read on");
  });
});

/** Makes the prices of the last minute, so that the curves are as wide as their plots. */
function tickForAMinute(market: Awaited<ReturnType<typeof startApp>>["market"]) {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ["Date"] });
  for (let before = 59_000; before > 0; before -= 250) {
    vi.setSystemTime(now - before);
    market.tick();
  }
  vi.useRealTimers();
}

/** The labels of the plots that a curve or a line of the grid runs through. */
function labelsUnderLines(page: Awaited<ReturnType<typeof openAs>>["page"]): Promise<string[]> {
  return page.evaluate(() => {
    const plots = [...document.querySelectorAll("svg")];
    return plots.flatMap((plot) => {
      const lines = [...plot.querySelectorAll("polyline, line")].map((line) => line.getBoundingClientRect());
      return [...plot.querySelectorAll("text")]
        .filter((text) => {
          const { left, right, top, bottom } = text.getBoundingClientRect();
          return lines.some(
            (line) => line.left < right && line.right > left && line.top < bottom && line.bottom > top,
          );
        })
        .map((text) => text.textContent);
    });
  });
}
