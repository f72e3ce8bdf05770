import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { fiftyStreams, sixStreams } from "./connection-limits.js";
import { credentials } from "./credentials.js";
import { finished } from "./finished.js";
import { ids } from "./ids.js";
import { reconnecting } from "./reconnecting.js";
import { serverAway } from "./server-away.js";
import type { Browser, RunningBrowser } from "./support/browser.js";
import type { Setting } from "./support/setting.js";

const common = [reconnecting, ids, finished, credentials, serverAway];
const protocols = [
  ["HTTP/1.1", [...common, sixStreams]],
  ["HTTP/2", [...common, fiftyStreams]],
] as const;

/** The tests of the native EventSource. Each browser has its own test file, so that the browsers run at the same time. */
export function eventSourceTests({ name, program, launch, shortRetry, insists }: Browser): void {
  describe.skipIf(!program)(`EventSource in ${name}`, () => {
    let browser: RunningBrowser | undefined;
    beforeAll(async () => {
      browser = await launch(program!);
    }, 60_000);
    afterAll(() => browser?.close());

    const openPage: Setting["openPage"] = async (url) => {
      const page = await browser!.openPage(`${url}/page`);
      onTestFinished(() => page.close());
      return page;
    };

    describe.each(protocols)("over %s", (protocol, groups) => {
      for (const group of groups) group({ protocol, shortRetry, insists, openPage });
    });
  });
}
