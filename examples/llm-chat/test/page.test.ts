import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/launch-chromium.js";
import { systemProgram } from "../../../packages/conformance/src/system-program.js";
import { recorded, startApp } from "./start-app.js";

const recordedText = recorded.map((chunk) => JSON.parse(chunk).choices[0]?.delta.content ?? "").join("");
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
      answer: () => page.textContent(".answer"),
      ask: async (prompt: string) => {
        await page.fill("#prompt", prompt);
        await page.click("#ask-button");
      },
      note: (words: string) => page.locator(".note", { hasText: words }).waitFor(),
      count: (name: string, value: number) =>
        page.locator(`[data-count=${name}]`, { hasText: String(value) }).waitFor(),
    };
  }

  test("shows the whole answer, and a finished one is not generated again", async () => {
    const retry = 200;
    const { address, counts, requests } = await startApp({ retry });
    const { answer, ask, note, count } = await open(address);
    await ask("你好 👩‍🚀");
    await note("EventSource came back, was told 204");
    expect(await answer()).toBe(recordedText);
    await wait(3 * retry);
    expect(requests().filter((url) => url.startsWith("/answer"))).toHaveLength(2);
    expect(counts()).toEqual({ called: 1, completed: 1, aborted: 0, failed: 0 });
    await count("completed", 1);
  });

  test("shows the answer token by token", async () => {
    const { address } = await startApp({ pause: 10 });
    const { page, answer, ask } = await open(address);
    await ask("hello");
    const lengths = new Set<number>();
    await vi.waitUntil(
      async () => {
        lengths.add((await answer())!.length);
        return lengths.size > 5;
      },
      { timeout: 10_000, interval: 20 },
    );
    expect(await page.getAttribute("article", "data-state")).toBe("writing");
  });

  test("aborts upstream on stop, and shows that it did", async () => {
    const { address, counts } = await startApp({ pause: 20 });
    const { page, answer, ask, note, count } = await open(address);
    await ask("hello");
    await page.locator(".answer", { hasText: "Hello, 你好" }).waitFor();
    await page.click("#stop-button");
    await note("Stopped");
    await count("aborted", 1);
    expect(counts()).toEqual({ called: 1, completed: 0, aborted: 1, failed: 0 });
    const shown = await answer();
    expect(recordedText.startsWith(shown!)).toBe(true);
    expect(shown).not.toBe(recordedText);
  });

  test.for([
    ["/401", "refused the API key"],
    ["/429", "too many requests"],
    ["/break", "broke off"],
  ] as const)("says what went wrong, and does not ask again: %s", async ([prompt, reason]) => {
    const retry = 100;
    const { address, counts } = await startApp({ retry });
    const { page, ask, note, count } = await open(address);
    await ask(prompt);
    await note(reason);
    expect(await page.getAttribute("article", "data-state")).toBe("failed");
    await count("failed", 1);
    await wait(3 * retry);
    expect(counts().called).toBe(1);
    await page.locator("#ask-button").waitFor();
  });

  test("shows markup as text", async () => {
    const { address } = await startApp();
    const { page, ask } = await open(address);
    await ask("<b>bold</b>");
    expect(await page.textContent(".question")).toBe("<b>bold</b>");
  });
});
