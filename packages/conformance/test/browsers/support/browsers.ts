import { launchChromium, systemProgram } from "@ssekit/conformance";
import { launchFirefox } from "../../../src/support/launch-firefox.js";

/** A page in a profile of its own, so that it shares no cookies and no connections with other pages. */
export interface BrowserPage {
  /** Runs a function in the page. The function can use its argument and the page's globals, but nothing of its module. */
  run<Argument, Result>(
    inPage: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
  close(): Promise<void>;
}

export interface RunningBrowser {
  openPage(url: string): Promise<BrowserPage>;
  close(): Promise<void>;
}

export interface Browser {
  readonly name: string;
  /** The path of the program. `undefined`: it is not installed. */
  readonly program: string | undefined;
  /** The shortest reconnection time of the tests, in milliseconds. */
  readonly shortRetry: number;
  /** Whether a reconnect to another origin that finds no server is followed by further ones. */
  readonly insists: boolean;
  launch(program: string): Promise<RunningBrowser>;
}

export const chromium: Browser = {
  name: "Chromium",
  program: systemProgram("chromium"),
  shortRetry: 100,
  insists: true,
  async launch(program) {
    const browser = await launchChromium(program);
    return {
      async openPage(url) {
        const page = await browser.newPage({ ignoreHTTPSErrors: true });
        await page.goto(url);
        return {
          run: (inPage, argument) => page.evaluate(inPage as never, argument) as never,
          close: () => page.close(),
        };
      },
      close: () => browser.close(),
    };
  },
};

export const firefox: Browser = {
  name: "Firefox",
  program: systemProgram("firefox-esr"),
  // Firefox waits at least this long.
  shortRetry: 500,
  insists: false,
  async launch(program) {
    const browser = await launchFirefox(program);
    return {
      async openPage(url) {
        const context = await browser.createBrowserContext();
        const page = await context.newPage();
        await page.goto(url);
        return {
          run: (inPage, argument) => page.evaluate(inPage as never, argument as never) as never,
          close: () => context.close(),
        };
      },
      close: () => browser.close(),
    };
  },
};
