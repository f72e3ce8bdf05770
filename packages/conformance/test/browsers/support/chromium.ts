import { launchChromium, systemProgram } from "@ssekit/conformance";
import type { Browser } from "./browser.js";

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
