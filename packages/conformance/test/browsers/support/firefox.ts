import { systemProgram } from "@ssekit/conformance";
import { launchFirefox } from "../../../src/support/launch-firefox.js";
import type { Browser } from "./browser.js";

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
