import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import { startExample } from "../../../packages/conformance/src/support/start-example.js";
import { systemProgram } from "../../../packages/conformance/src/support/system-program.js";
import { bundlePage } from "../bundle.js";
import { createMockModel } from "../mock-model.js";
import { createDictatedModel, startApp } from "./start-app.js";

const chromium = systemProgram("chromium");
const poll = { timeout: 20_000 };

describe.skipIf(!chromium)("the page, in Chromium", { timeout: 30_000 }, () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  let pageScript: string;
  beforeAll(async () => {
    browser = await launchChromium(chromium!);
    pageScript = await bundlePage();
  });
  afterAll(() => browser?.close());

  async function open(address: string) {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    page.setDefaultTimeout(20_000);
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(address);
    return {
      page,
      problems,
      ask: async (question: string) => {
        await page.fill("#question", question);
        await page.click("#ask-button");
      },
      messages: (...texts: string[]) =>
        expect.poll(() => page.locator("main > p").allTextContents(), poll).toEqual(texts),
      says: (words: string) => page.locator("#state", { hasText: words }).waitFor(),
    };
  }

  test("shows an answer, also after a reload and in a second tab, and the model is asked once", async () => {
    const dictated = createDictatedModel();
    const { address } = await startApp({ model: dictated.model, pageScript });
    const first = await open(address);
    await first.ask("hello");
    await dictated.begin();
    dictated.write("One, ");
    await first.messages("hello", "One, ");
    await first.page.reload();
    await first.messages("hello", "One, ");
    const second = await open(first.page.url());
    await second.messages("hello", "One, ");
    dictated.write("two.");
    dictated.finish();
    for (const tab of [first, second]) {
      await tab.messages("hello", "One, two.");
      await tab.says("Finished");
      expect(tab.problems).toEqual([]);
    }
    await first.page.reload();
    await first.messages("hello", "One, two.");
    await first.says("Finished");
    expect(dictated.calls()).toBe(1);
  });

  test("stops an answer in both tabs, also after a reload", async () => {
    const dictated = createDictatedModel();
    const { address } = await startApp({ model: dictated.model, pageScript });
    const first = await open(address);
    await first.ask("hello");
    await dictated.begin();
    dictated.write("One, ");
    await first.messages("hello", "One, ");
    const second = await open(first.page.url());
    await second.messages("hello", "One, ");
    await second.page.click("#stop-button");
    for (const tab of [first, second]) {
      await tab.says("Stopped");
      await tab.messages("hello", "One, ");
      await tab.page.locator("#ask-button").waitFor();
    }
    await expect.poll(() => dictated.isAborted(), poll).toBe(true);
    await first.page.reload();
    await first.says("Stopped");
    await first.messages("hello", "One, ");
  });

  test("after the connection broke off, the answer continues", async () => {
    const dictated = createDictatedModel();
    const { address, cut } = await startApp({ model: dictated.model, pageScript });
    const { page, ask, messages, says } = await open(address);
    await ask("hello");
    await dictated.begin();
    dictated.write("One, ");
    await messages("hello", "One, ");
    await page.route("**/api/chat/**", (route) => route.abort()); // for a while
    cut();
    await says("The connection broke off");
    await messages("hello", "One, ");
    await page.unroute("**/api/chat/**");
    dictated.write("two.");
    await messages("hello", "One, two.");
    dictated.finish();
    await says("Finished");
    expect(dictated.calls()).toBe(1);
  });

  test("says that an answer has failed, and can ask again", async () => {
    const { address } = await startApp({ model: createMockModel(0), pageScript });
    const { page, ask, says } = await open(address);
    await ask("/break");
    await says("The model failed in the middle of its answer.");
    await page.reload();
    await says("The latest answer has failed");
    await ask("hello");
    await says("Finished");
    expect(await page.locator(".assistant").count()).toBe(2);
  });

  test("shows markup as text", async () => {
    const dictated = createDictatedModel();
    const { address } = await startApp({ model: dictated.model, pageScript });
    const { page, ask, messages } = await open(address);
    await ask("<b>bold</b>");
    await dictated.begin();
    dictated.write("<i>italic</i>");
    await messages("<b>bold</b>", "<i>italic</i>");
    expect(await page.locator("main > p > *").count()).toBe(0);
  });
});

describe("node server.js", () => {
  test("starts without a key, and stops on SIGTERM", async () => {
    const { address, stop } = await startExample("ai-sdk-chat");
    expect(await (await fetch(`${address}/page.js`)).text()).toContain("text-delta");
    expect(await stop("SIGTERM")).toEqual([0, null]);
  });
});
