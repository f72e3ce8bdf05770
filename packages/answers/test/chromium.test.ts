import { launchChromium, pause, systemProgram, until } from "@ssekit/conformance";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { TestSource } from "../../conformance/src/answers-contract/answers-cluster.js";
import { startChatServer, type ChatServer } from "./support/chat-server.js";

type Browser = Awaited<ReturnType<typeof launchChromium>>;
type Page = Awaited<ReturnType<Browser["newPage"]>>;

const program = systemProgram("chromium");

/** What a tab has seen of an answer. */
interface Seen {
  text: string;
  ends: string[];
  resets: number;
  isClosed: boolean;
}

/** Runs in the page: reads an answer and keeps what it has seen in `window.seen`. */
function readInPage(key: string): void {
  const seen: Seen = { text: "", ends: [], resets: 0, isClosed: false };
  Object.assign(window, { seen });
  const source = new EventSource(`/${key}`);
  source.addEventListener("message", ({ data }) => (seen.text += String(data)));
  source.addEventListener("reset", () => seen.resets++);
  for (const type of ["done", "failed", "stopped", "unknown"]) {
    source.addEventListener(type, () => seen.ends.push(type));
  }
  source.addEventListener("error", () => (seen.isClosed = source.readyState === EventSource.CLOSED));
}

describe.skipIf(!program)("P15: in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(program!);
  }, 30_000);
  afterAll(() => browser.close());

  async function openTab(server: ChatServer, key: string): Promise<Page> {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(`${server.url}/page`);
    await page.evaluate(readInPage, key);
    return page;
  }

  const seenBy = (page: Page): Promise<Seen> =>
    page.evaluate(() => (window as unknown as { seen: Seen }).seen);

  async function untilSeen(page: Page, holds: (seen: Seen) => boolean): Promise<Seen> {
    for (const deadline = performance.now() + 10_000; ; await pause(10)) {
      const seen = await seenBy(page);
      if (holds(seen)) return seen;
      if (performance.now() > deadline) throw new Error(`not within 10 s: ${JSON.stringify(seen)}`);
    }
  }

  const send = (page: Page, method: string, key: string): Promise<unknown> =>
    page.evaluate(
      async ([method, key]) => (await fetch(`/${key}`, { method: method! })).json() as Promise<unknown>,
      [method, key],
    );

  it("an answer survives a reload and a cut, is read in two tabs, and is generated once", async () => {
    const source = new TestSource();
    const server = await startChatServer(() => source.source);
    const first = await openTab(server, "page");
    expect(await send(first, "POST", "a")).toBe(true);
    await first.evaluate(readInPage, "a");
    const second = await openTab(server, "a");
    source.write("Ünïcödé 🙂 ", "data: x\n\n");
    for (const tab of [first, second]) await untilSeen(tab, ({ text }) => text.endsWith("\n\n"));
    await first.reload();
    expect(await send(first, "POST", "a")).toBe(false);
    await first.evaluate(readInPage, "a");
    await untilSeen(first, ({ text }) => text.endsWith("\n\n"));
    source.write("two ");
    for (const tab of [first, second]) await untilSeen(tab, ({ text }) => text.endsWith("two "));
    server.cut();
    source.write("three");
    source.end();
    for (const tab of [first, second]) {
      const seen = await untilSeen(tab, ({ isClosed }) => isClosed);
      expect(seen).toEqual({
        text: "Ünïcödé 🙂 data: x\n\ntwo three",
        ends: ["done"],
        resets: 0,
        isClosed: true,
      });
    }
    expect(source.starts).toBe(1);
  });

  it("an answer is stopped from the other tab", async () => {
    const source = new TestSource();
    const server = await startChatServer(() => source.source);
    const first = await openTab(server, "page");
    await send(first, "POST", "a");
    await first.evaluate(readInPage, "a");
    const second = await openTab(server, "a");
    source.write("one ");
    for (const tab of [first, second]) await untilSeen(tab, ({ text }) => text === "one ");
    expect(await send(second, "DELETE", "a")).toBe("stopped");
    for (const tab of [first, second]) {
      const seen = await untilSeen(tab, ({ isClosed }) => isClosed);
      expect([seen.text, seen.ends]).toEqual(["one ", ["stopped"]]);
    }
    expect(source.signal!.aborted).toBe(true);
    expect(await send(first, "DELETE", "a")).toBe("stopped");
  });

  it("a tab that is closed does not stop an answer, and an unknown one is told and asked for no more", async () => {
    const source = new TestSource();
    const server = await startChatServer(() => source.source);
    const first = await openTab(server, "a");
    const { ends } = await untilSeen(first, ({ isClosed }) => isClosed);
    expect(ends).toEqual(["unknown"]);
    const asked = server.requests["GET"];
    await pause(300);
    expect(server.requests["GET"]).toBe(asked);
    await send(first, "POST", "a");
    const second = await openTab(server, "a");
    source.write("one ");
    await untilSeen(second, ({ text }) => text === "one ");
    await second.close();
    await first.close();
    source.write("two");
    source.end();
    const third = await openTab(server, "a");
    const seen = await untilSeen(third, ({ isClosed }) => isClosed);
    expect([seen.text, seen.ends]).toEqual(["one two", ["done"]]);
    await until("no reader", () => source.returned);
    expect(source.starts).toBe(1);
  });
});
