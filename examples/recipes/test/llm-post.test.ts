import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import {
  LOOKS,
  lowContrast,
  openAs,
  overflow,
} from "../../../packages/conformance/src/support/page-checks.js";
import { systemProgram } from "../../../packages/conformance/src/support/system-program.js";
import { startRecipe } from "./start-recipe.js";

const answer = "You said: hello. I hear that a lot.";
const stopped = "The model stopped in the middle of its answer.";

describe("llm-post.js", () => {
  async function ask(prompt: string) {
    const recipe = await startRecipe("llm-post.js");
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt }),
    };
    return { ...recipe, answer: () => recipe.read("/answer", init) };
  }

  test("streams the answer, and ends it with an end event", async () => {
    const events = await (await (await ask("hello")).answer()).all();
    expect(events.at(-1)).toMatchObject({ type: "end" });
    const words = events.slice(0, -1).map(({ data }) => JSON.parse(data).text);
    expect(words.join("").trim()).toBe(answer);
  });

  test("an error before the first word is answered with its status", async () => {
    const { response } = await (await ask("/busy")).answer();
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toContain("application/json");
  });

  test("an error in the middle is sent as the last event, without the error's own message", async () => {
    const reader = await (await ask("/break")).answer();
    const events = await reader.all();
    expect(events.map(({ type }) => type)).toEqual(["word", "word", "word", "failed"]);
    expect(JSON.parse(events.at(-1)!.data)).toEqual({ error: stopped });
    expect(reader.text).not.toContain("4711");
  });
});

const chromium = systemProgram("chromium");

describe.skipIf(!chromium)("the page of llm-post.js, in Chromium", () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    browser = await launchChromium(chromium!);
  });
  afterAll(() => browser?.close());

  async function open() {
    const { address, stop } = await startRecipe("llm-post.js");
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    page.setDefaultTimeout(10_000);
    await page.goto(address);
    const text = (id: string) => async () => (await page.textContent(id))!.trim();
    return {
      page,
      stop,
      ask: async (prompt: string) => {
        await page.fill("input", prompt);
        await page.click("text=Ask");
      },
      expectText: (id: "#answer" | "#error", words: string) =>
        expect.poll(text(id), { timeout: 10_000 }).toBe(words),
      isIdle: () => page.locator("#stop:disabled").waitFor(),
    };
  }

  test("shows the answer, word by word, and no error", async () => {
    const { ask, expectText, isIdle } = await open();
    await ask("hello");
    await expectText("#answer", answer);
    await isIdle();
    await expectText("#error", "");
  });

  test("shows the reason if there is no answer", async () => {
    const { ask, expectText } = await open();
    await ask("/busy");
    await expectText("#error", "The model is overloaded.");
    await expectText("#answer", "");
  });

  test("shows the reason if the answer is not complete", async () => {
    const { ask, expectText } = await open();
    await ask("/break");
    await expectText("#error", stopped);
    await expectText("#answer", "You said: /break.");
  });

  test("shows that the server cannot be reached", async () => {
    const { ask, expectText, stop } = await open();
    await stop("SIGKILL");
    await ask("hello");
    await expectText("#error", "The server cannot be reached.");
  });

  test("shows that the connection broke off", async () => {
    const { page, ask, expectText, stop } = await open();
    await ask(Array.from({ length: 500 }, () => "word").join(" ")); // 25 seconds
    await page.locator("#answer", { hasText: "word word" }).waitFor();
    await stop("SIGKILL");
    await expectText("#error", "The answer broke off.");
  });

  test("stops, and shows no error", async () => {
    const { page, ask, expectText, isIdle } = await open();
    await ask(Array.from({ length: 500 }, () => "word").join(" "));
    await page.locator("#answer", { hasText: "word word" }).waitFor();
    await page.click("#stop");
    await isIdle();
    await expectText("#error", "");
  });

  test.for(LOOKS)("can be read at $width px in $colorScheme", async (look) => {
    const { address } = await startRecipe("llm-post.js");
    const { page, errors } = await openAs(browser, address, look);
    expect(await lowContrast(page)).toEqual([]);
    await page.fill("input", "/break");
    await page.click("text=Ask");
    await page.locator("#error", { hasText: stopped }).waitFor();
    expect(await lowContrast(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    expect(errors).toEqual([]);
  });
});
