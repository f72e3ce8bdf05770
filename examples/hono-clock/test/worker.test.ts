import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readEvents } from "@ssekit/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import { LOOKS, openAs } from "../../../packages/conformance/src/support/page-checks.js";
import { systemProgram } from "../../../packages/conformance/src/support/system-program.js";
import { isInstalled, VERSIONS } from "../../../packages/workerd/scenarios/installed.js";
import { bundle, startWorkerd, type Started } from "../../../packages/workerd/scenarios/start.js";

interface Settings {
  readonly main: string;
  readonly compatibility_date: string;
  readonly compatibility_flags: string[];
}

const file = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
// JSON with commas after the last members.
const json = readFileSync(file("wrangler.jsonc"), "utf8").replace(/,(?=\s*[}\]])/g, "");
const settings = JSON.parse(json) as Settings;
const chromium = systemProgram("chromium");

describe.skipIf(!isInstalled).each(VERSIONS)("as a Worker, on workerd %s", (version) => {
  let worker: Started;
  beforeAll(async () => {
    worker = await startWorkerd(version, await bundle(file(settings.main)), {
      compatibilityDate: settings.compatibility_date,
      flags: settings.compatibility_flags,
    });
  });
  afterAll(() => worker?.stop());

  test("sends the time at every full second, and names its runtime", async () => {
    const response = await fetch(`${worker.url}/clock`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = await readEvents(response, 3, { timeout: 10_000 });
    const ticks = events.map(({ data }) => JSON.parse(data) as { now: number; runtime: string });
    expect(ticks.map(({ runtime }) => runtime)).toEqual(["workerd", "workerd", "workerd"]);
    expect(new Set(ticks.map(({ now }) => Math.floor(now / 1000))).size).toBe(3);
  });

  test.skipIf(!chromium)("serves the page, whose clock runs", async () => {
    const browser = await launchChromium(chromium!);
    try {
      const { page, errors } = await openAs(browser, worker.url, LOOKS[0]!);
      await page.locator("#runtime", { hasText: "on workerd" }).waitFor();
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  test("answers requests of several clients with streams of their own, and prints no error", async () => {
    const streams = await Promise.all([1, 2, 3].map(() => fetch(`${worker.url}/clock`)));
    const read = await Promise.all(streams.map((stream) => readEvents(stream, 2, { timeout: 10_000 })));
    expect(read.map((events) => events.length)).toEqual([2, 2, 2]);
    expect(worker.output).not.toContain("another request");
  });
});
