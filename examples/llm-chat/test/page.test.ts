import type { JSHandle, Page } from "playwright-core";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import { systemProgram } from "../../../packages/conformance/src/support/system-program.js";
import type * as Markdown from "../public/markdown.js";
import { replyTo } from "../replies.js";
import { recorded, startApp } from "./start-app.js";

const recordedText = replyTo("hello");
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
    const answer = () => page.innerHTML(".answer");
    /** A text as the page renders it if it arrives in one piece. */
    const render = async (text: string) => {
      const markdown = await importFrom<typeof Markdown>(page, "/markdown.js");
      return markdown.evaluate(({ createMarkdown }, text) => {
        const element = document.createElement("div");
        createMarkdown(element)(text);
        return element.innerHTML;
      }, text);
    };
    return {
      page,
      answer,
      render,
      /** Waits until the answer is this text, rendered as Markdown. */
      shows: async (text: string) => expect.poll(answer, { timeout: 20_000 }).toBe(await render(text)),
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
    const { ask, note, count, shows } = await open(address);
    await ask("你好 👩‍🚀");
    await note("was told that there is no more (204)");
    await shows(recordedText);
    await wait(3 * retry);
    expect(requests().filter((url) => url.startsWith("/answers/"))).toHaveLength(2);
    expect(counts()).toEqual({ called: 1, completed: 1, aborted: 0, failed: 0 });
    await count("completed", 1);
  });

  test("P15: after a reload during an answer, the answer continues, and no text is doubled or lost", async () => {
    const { address, counts, allow } = await startApp({ stepwise: true });
    const { page, ask, note, shows } = await open(address);
    await ask("hello");
    for (const step of steps) {
      allow(step.pieces);
      await shows(step.text);
      await page.reload();
      await shows(step.text);
    }
    allow(Infinity);
    await note("Finished");
    await shows(recordedText);
    expect(await page.textContent(".question")).toBe("hello");
    await page.reload();
    await note("Finished");
    await shows(recordedText);
    expect(counts()).toEqual({ called: 1, completed: 1, aborted: 0, failed: 0 });
  });

  test("P15: after the connection broke during an answer, the answer continues, and no text is doubled or lost", async () => {
    const { address, counts, requests, allow, cut } = await startApp({ stepwise: true, retry: 50 });
    const { ask, note, shows } = await open(address);
    await ask("hello");
    for (const step of steps) {
      allow(step.pieces);
      await shows(step.text);
      cut();
      await note("The connection broke off");
    }
    allow(Infinity);
    await note("Finished");
    await shows(recordedText);
    expect(requests().filter((url) => url.startsWith("/answers/")).length).toBeGreaterThan(steps.length);
    expect(counts()).toEqual({ called: 1, completed: 1, aborted: 0, failed: 0 });
  });

  test("P15: two tabs on one answer show the same text, and upstream is called once", async () => {
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
    for (const { note, shows } of [first, second]) {
      await note("Finished");
      await shows(recordedText);
    }
    expect(counts()).toEqual({ called: 1, completed: 1, aborted: 0, failed: 0 });
  });

  test("P15: stops an answer in all tabs, also after a reload", async () => {
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
      await tab.shows(secondStep.text);
      await tab.page.locator("#ask-button").waitFor();
    }
    await first.page.reload();
    await first.note("Stopped");
    await first.shows(secondStep.text);
    expect(counts()).toEqual({ called: 1, completed: 0, aborted: 1, failed: 0 });
  });

  test("keeps the conversation after a reload", async () => {
    const { address, counts } = await startApp();
    const { page, ask, render } = await open(address);
    const questions = ["one", "two"];
    const finished = page.locator("[data-state=done]");
    for (const [index, question] of questions.entries()) {
      await ask(question);
      await finished.nth(index).waitFor();
    }
    await page.reload();
    await finished.nth(1).waitFor();
    expect(await page.locator(".question").allTextContents()).toEqual(questions);
    for (const answer of await page.locator(".answer").all()) {
      await expect.poll(() => answer.innerHTML(), { timeout: 20_000 }).toBe(await render(recordedText));
    }
    expect(counts().called).toBe(2);
  });

  test("says that an answer is no longer kept", async () => {
    const { address } = await startApp();
    const { page, note } = await open(`${address}/#gone`);
    await note("does not have this answer any more");
    expect(await page.getAttribute("article", "data-state")).toBe("unknown");
    await expect.poll(() => page.isVisible("#ask-button"), { timeout: 20_000 }).toBe(true);
  });

  test("shows the answer token by token", async () => {
    const { address } = await startApp({ pause: 10 });
    const { page, answer, ask } = await open(address);
    await ask("hello");
    const lengths = new Set<number>();
    await vi.waitUntil(
      async () => {
        lengths.add((await answer()).length);
        return lengths.size > 5;
      },
      { timeout: 10_000, interval: 20 },
    );
    expect(await page.getAttribute("article", "data-state")).toBe("running");
  });

  test.for([
    ["/401", "refused the API key"],
    ["/429", "too many requests"],
    ["/break", "broke off"],
    ["/error", "reported an error in the middle"],
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

  test("stops an answer of which nothing has arrived yet", async () => {
    const { address, counts } = await startApp();
    const { page, ask, note, count } = await open(address);
    await ask("/silent");
    await note("Waiting for the first word");
    await page.locator("article a").waitFor(); // the question has come back
    await page.click("#stop-button");
    await note("Stopped");
    await count("aborted", 1);
    expect(counts()).toEqual({ called: 1, completed: 0, aborted: 1, failed: 0 });
  });

  test.for([
    ["with a 404", { status: 404 }],
    ["with an event", { contentType: "text/event-stream", body: "event: unknown\nid: x~end\ndata:\n\n" }],
  ] as const)(
    "keeps the text of an answer that the server has forgotten, and says so: %s",
    async ([, reply]) => {
      const { address, allow, cut } = await startApp({ stepwise: true, retry: 50 });
      const { page, ask, note, shows } = await open(address);
      await ask("hello");
      allow(firstStep.pieces);
      await shows(firstStep.text);
      await page.route("**/answers/*", (route) => route.fulfill(reply)); // as after a restart
      cut();
      await note("does not have this answer any more");
      expect(await page.getAttribute("article", "data-state")).toBe("unknown");
      await shows(firstStep.text);
    },
  );

  test("offers questions, and each of them has an answer of its own", async () => {
    const { address } = await startApp();
    const { page, note, shows } = await open(address);
    const first = page.getByRole("group", { name: "Ask" }).getByRole("button").first();
    const question = (await first.textContent())!;
    await first.click();
    await note("Finished");
    expect(await page.textContent(".question")).toBe(question);
    expect(replyTo(question)).not.toBe(recordedText);
    await shows(replyTo(question));
    expect(await page.locator(".answer ol > li").count()).toBeGreaterThan(2);
    expect(await page.locator(".answer td[align=right]").count()).toBeGreaterThan(2);
  });

  test("shows markup in a question as text", async () => {
    const { address } = await startApp();
    const { page, ask } = await open(address);
    await ask("<b>bold</b>");
    expect(await page.textContent(".question")).toBe("<b>bold</b>");
  });

  test("an answer cannot run scripts, load anything, or look like a part of the page", async () => {
    const { address, requests } = await startApp();
    const { page, ask, note } = await open(address);
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    await ask("/html");
    await note("Finished");
    await page.locator(".answer", { hasText: "nothing else happens" }).waitFor();
    const answer = page.locator(".answer");
    expect(await answer.textContent()).toContain('<script>window.attacked = "script";</script>');
    const dangerous = "script, img, svg, iframe, form, input, button, style, link, [style], [id], [class]";
    expect(await answer.locator(dangerous).count()).toBe(0);
    const attributes = await answer.evaluate((element) =>
      [...element.querySelectorAll("*")].flatMap((child) => child.getAttributeNames()),
    );
    expect(new Set(attributes)).toEqual(new Set(["href", "target", "rel"]));
    const links = answer.locator("a[href]");
    expect(await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")))).toEqual([
      "https://html.spec.whatwg.org/multipage/server-sent-events.html",
    ]);
    expect(await answer.locator("code").textContent()).toBe("<b>code</b>");
    expect(await page.evaluate(() => "attacked" in window)).toBe(false);
    expect(requests().filter((url) => url.startsWith("/attack"))).toEqual([]);
    expect(problems).toEqual([]); // nor had the policy of the page to stop anything
  });

  test("renders once a frame, however many tokens arrive", async () => {
    const { address, allow } = await startApp({ stepwise: true });
    const { page, answer, ask, note, shows } = await open(address);
    const frames = await page.evaluateHandle(() => {
      const frames: FrameRequestCallback[] = [];
      window.requestAnimationFrame = (callback) => frames.push(callback);
      return frames;
    });
    const paint = () =>
      frames.evaluate((frames) => {
        const callbacks = frames.splice(0);
        for (const callback of callbacks) callback(0);
        return callbacks.length;
      });
    await ask("hello");
    allow(secondStep.pieces);
    await note("Writing");
    await paint();
    allow(Infinity);
    await note("Finished");
    expect(await answer()).not.toContain("再见");
    expect(await paint()).toBe(1); // for more than 200 tokens
    await shows(recordedText);
    expect(await paint()).toBe(0);
  });

  test("renders only the blocks that have changed", async () => {
    const { address } = await startApp();
    const { page } = await open(address);
    const markdown = await importFrom<typeof Markdown>(page, "/markdown.js");
    const kept = await markdown.evaluate(({ createMarkdown }) => {
      const element = document.createElement("div");
      const show = createMarkdown(element);
      const blocks = () => [...element.querySelectorAll("p")];
      const texts = ["one\n\ntwo", "one\n\ntwo [more]", "one\n\ntwo [more]\n\n[more]: https://example.org"];
      const shown = texts.map((text) => {
        show(text);
        return blocks();
      });
      const [first, second, third] = shown;
      return {
        unchanged: first![0] === second![0],
        changed: first![1] !== second![1],
        link: third![1]!.querySelector("a")?.href,
      };
    });
    expect(kept).toEqual({ unchanged: true, changed: true, link: "https://example.org/" });
  });
});

/** Imports a module of the page. Vitest would rewrite an `import()` in this file. */
async function importFrom<T>(page: Page, path: string): Promise<JSHandle<T>> {
  return page.evaluateHandle(`import("${path}")`) as Promise<JSHandle<T>>;
}

function textOf(events: string[]): string {
  return events.map((event) => JSON.parse(event).choices[0]?.delta.content ?? "").join("");
}
