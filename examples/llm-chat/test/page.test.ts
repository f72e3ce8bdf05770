import type { Page } from "playwright-core";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import { systemProgram } from "../../../packages/conformance/src/support/system-program.js";
import { recorded, startApp } from "./start-app.js";

const recordedText = textOf(recorded);
const chromium = systemProgram("chromium");

/** The points at which a stepwise replay stops, and the text up to there. A piece of the next event is also sent. */
const steps = [20, 100, 200].map((count) => {
  const events = recorded.slice(0, count);
  // The replay cuts an event into four pieces. An event with a non-ASCII character is cut once more.
  const pieces = events.map((event) => (/[^\0-\x7f]/.test(event) ? 5 : 4));
  return { pieces: pieces.reduce<number>((sum, count) => sum + count, 0), text: textOf(events) };
});
const [firstStep, secondStep] = steps as [Step, Step];
type Step = (typeof steps)[number];

describe.skipIf(!chromium)("the page, in Chromium", { timeout: 30_000 }, () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    browser = await launchChromium(chromium!);
  });
  afterAll(() => browser?.close());

  async function open(address: string) {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(address);
    return use(page);
  }

  function use(page: Page) {
    page.setDefaultTimeout(20_000);
    const answer = () => page.textContent(".answer");
    return {
      page,
      answer,
      /** Waits until the answer is this text, byte for byte. */
      shows: (text: string) => expect.poll(answer, { timeout: 20_000 }).toBe(text),
      ask: async (prompt: string) => {
        await page.fill("#prompt", prompt);
        await page.click("#ask-button");
      },
      note: (words: string) => page.locator(".note", { hasText: words }).waitFor(),
      count: (name: string, value: number) =>
        page.locator(`[data-count=${name}]`, { hasText: String(value) }).waitFor(),
    };
  }

  test("shows the whole answer, and does not start a finished answer again", async () => {
    const retry = 200;
    const { address, counts, requests } = await startApp({ retry });
    const { answer, ask, note, count } = await open(address);
    await ask("你好 👩‍🚀");
    await note("EventSource came back, was told 204");
    expect(await answer()).toBe(recordedText);
    await wait(3 * retry);
    expect(requests().filter((url) => url.startsWith("/answers/"))).toHaveLength(2);
    expect(counts()).toEqual({ called: 1, completed: 1, aborted: 0, failed: 0 });
    await count("completed", 1);
  });

  test("after a reload during an answer, the answer continues, and no text is doubled or lost", async () => {
    const { address, counts, allow } = await startApp({ stepwise: true });
    const { page, answer, ask, note, shows } = await open(address);
    await ask("hello");
    for (const step of steps) {
      allow(step.pieces);
      await shows(step.text);
      await page.reload();
      await shows(step.text);
    }
    allow(Infinity);
    await note("Finished");
    expect(await answer()).toBe(recordedText);
    expect(await page.textContent(".question")).toBe("hello");
    await page.reload();
    await note("Finished");
    expect(await answer()).toBe(recordedText);
    expect(counts()).toEqual({ called: 1, completed: 1, aborted: 0, failed: 0 });
  });

  test("after the connection broke during an answer, the answer continues, and no text is doubled or lost", async () => {
    const { address, counts, requests, allow, cut } = await startApp({ stepwise: true, retry: 50 });
    const { answer, ask, note, shows } = await open(address);
    await ask("hello");
    for (const step of steps) {
      allow(step.pieces);
      await shows(step.text);
      cut();
      await note("The connection broke off");
    }
    allow(Infinity);
    await note("Finished");
    expect(await answer()).toBe(recordedText);
    expect(requests().filter((url) => url.startsWith("/answers/")).length).toBeGreaterThan(steps.length);
    expect(counts()).toEqual({ called: 1, completed: 1, aborted: 0, failed: 0 });
  });

  test("two tabs on one answer show the same text, and upstream is called once", async () => {
    const { address, counts, allow } = await startApp({ stepwise: true });
    const first = await open(address);
    await first.ask("hello");
    allow(firstStep.pieces);
    await first.shows(firstStep.text);
    const [tab] = await Promise.all([
      first.page.context().waitForEvent("page"),
      first.page.click("article a"),
    ]);
    const second = use(tab);
    await second.shows(firstStep.text);
    allow(Infinity);
    for (const { answer, note } of [first, second]) {
      await note("Finished");
      expect(await answer()).toBe(recordedText);
    }
    expect(counts()).toEqual({ called: 1, completed: 1, aborted: 0, failed: 0 });
  });

  test("stops an answer in all tabs, also after a reload", async () => {
    const { address, counts, allow } = await startApp({ stepwise: true });
    const first = await open(address);
    await first.ask("hello");
    allow(secondStep.pieces);
    await first.shows(secondStep.text);
    const second = await open(first.page.url());
    await second.shows(secondStep.text);
    await second.page.click("#stop-button");
    for (const tab of [first, second]) {
      await tab.note("Stopped");
      await tab.count("aborted", 1);
      expect(await tab.answer()).toBe(secondStep.text);
      await tab.page.locator("#ask-button").waitFor();
    }
    await first.page.reload();
    await first.note("Stopped");
    expect(await first.answer()).toBe(secondStep.text);
    expect(counts()).toEqual({ called: 1, completed: 0, aborted: 1, failed: 0 });
  });

  test("keeps the conversation after a reload", async () => {
    const { address, counts } = await startApp();
    const { page, ask } = await open(address);
    const questions = ["one", "two"];
    const finished = page.locator("[data-state=finished]");
    for (const [index, question] of questions.entries()) {
      await ask(question);
      await finished.nth(index).waitFor();
    }
    await page.reload();
    await finished.nth(1).waitFor();
    expect(await page.locator(".question").allTextContents()).toEqual(questions);
    expect(await page.locator(".answer").allTextContents()).toEqual([recordedText, recordedText]);
    expect(counts().called).toBe(2);
  });

  test("shows that an answer is no longer kept", async () => {
    const { address } = await startApp();
    const { page, note } = await open(`${address}/#gone`);
    await note("does not have this answer any more");
    await expect.poll(() => page.isVisible("#ask-button"), { timeout: 20_000 }).toBe(true);
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

  test.for([
    ["/401", "refused the API key"],
    ["/429", "too many requests"],
    ["/break", "broke off"],
  ] as const)("shows what went wrong, and does not ask again: %s", async ([prompt, reason]) => {
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

function textOf(events: string[]): string {
  return events.map((event) => JSON.parse(event).choices[0]?.delta.content ?? "").join("");
}
