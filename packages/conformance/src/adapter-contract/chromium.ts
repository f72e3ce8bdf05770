import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Adapter } from "../adapter.js";
import type { ReceivedEvent } from "../clients/stream-reader.js";
import { dispatchedOf, hostileMessages } from "../support/hostile-messages.js";
import { launchChromium } from "../support/launch-chromium.js";
import { startApp } from "../support/start-app.js";
import { systemProgram } from "../support/system-program.js";
import { never, pause, until } from "../support/within.js";

type Browser = Awaited<ReturnType<typeof launchChromium>>;
type Page = Awaited<ReturnType<Browser["newPage"]>>;

const RETRY = 100;

/** P2 and P11 in a browser. */
export function chromiumContract(adapter: Adapter): void {
  const program = systemProgram("chromium");

  describe.skipIf(!program)("in Chromium", () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchChromium(program!);
    }, 30_000);
    afterAll(() => browser.close());

    async function openPage(url: string): Promise<Page> {
      const page = await browser.newPage({ ignoreHTTPSErrors: true });
      onTestFinished(() => page.close());
      // Any page of the app's origin will do, even an error page.
      await page.route("**/page", (route) => route.fulfill({ contentType: "text/html", body: "" }));
      await page.goto(`${url}/page`);
      return page;
    }

    it("P2: reads back exactly what was sent", async () => {
      const messages = fc.sample(hostileMessages, adapter.runs ?? 100).flat();
      const expected = dispatchedOf(messages);
      const app = await startApp(adapter, { path: "/stream", source: messages });
      const page = await openPage(app.url);
      const events = await page.evaluate(readInPage, [...new Set(expected.map((event) => event.type))]);
      expect(events).toEqual(expected);
    });

    it("P11: does not start a finished stream again", async () => {
      let started = 0;
      const source = (): string[] => (started++, ["one"]);
      const app = await startApp(adapter, { path: "/stream", source }, { retry: RETRY });
      const page = await openPage(app.url);
      const requests = countRequests(page);
      await page.evaluate(() => void new EventSource("/stream"));
      await until("two requests", () => requests() >= 2);
      await pause(3 * RETRY);
      expect(requests()).toBe(2);
      expect(started).toBe(1);
    });

    it("P11: does not start a stream with `once` again after the connection broke", async () => {
      let started = 0;
      async function* source(): AsyncGenerator<string> {
        started++;
        yield "one";
        await never();
      }
      const app = await startApp(
        adapter,
        { path: "/stream", source, options: { once: true } },
        { retry: RETRY },
      );
      const page = await openPage(app.url);
      const requests = countRequests(page);
      await page.evaluate(() =>
        new Promise((resolve) => new EventSource("/stream").addEventListener("message", resolve)).then(
          () => {},
        ),
      );
      app.cut();
      await until("two requests", () => requests() >= 2);
      await pause(3 * RETRY);
      expect(requests()).toBe(2);
      expect(started).toBe(1);
    });
  });
}

function countRequests(page: Page): () => number {
  let count = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/stream")) count++;
  });
  return () => count;
}

/** This function runs in the page. */
function readInPage(types: string[]): Promise<ReceivedEvent[]> {
  const source = new EventSource("/stream");
  const events: ReceivedEvent[] = [];
  return new Promise((resolve) => {
    for (const each of types) {
      source.addEventListener(each, ({ type, data, lastEventId }: MessageEvent<string>) => {
        events.push({ type, data, lastEventId });
        if (!lastEventId.endsWith("~end")) return;
        source.close();
        resolve(events);
      });
    }
  });
}
