import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEvents } from "@ssekit/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { startExample } from "../../../packages/conformance/src/support/start-example.js";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import {
  LOOKS,
  lowContrast,
  openAs,
  overflow,
  reachedByTab,
} from "../../../packages/conformance/src/support/page-checks.js";
import { systemProgram } from "../../../packages/conformance/src/support/system-program.js";
import { isInstalled } from "../../../packages/workerd/scenarios/installed.js";

const chromium = systemProgram("chromium");

describe.skipIf(!isInstalled)("the server", () => {
  test("keeps the messages of a room when it restarts, and a client that comes back gets the rest", async () => {
    const STORAGE = mkdtempSync(join(tmpdir(), "ssekit-room-"));
    onTestFinished(() => rmSync(STORAGE, { recursive: true }));
    const first = await start(STORAGE);
    await send(first.address, "one");
    await send(first.address, "two");
    const seen = await readEvents(await events(first.address), 2);
    expect(seen.map(({ data }) => data)).toEqual(['{"text":"one"}', '{"text":"two"}']);
    await first.stop("SIGTERM");

    const second = await start(STORAGE);
    await send(second.address, "three");
    const rest = await readEvents(await events(second.address, seen[0]!.lastEventId), 2);
    expect(rest.map(({ data }) => data)).toEqual(['{"text":"two"}', '{"text":"three"}']);
  });

  test("serves the page", async () => {
    const STORAGE = mkdtempSync(join(tmpdir(), "ssekit-room-"));
    onTestFinished(() => rmSync(STORAGE, { recursive: true }));
    const { address } = await start(STORAGE);
    expect(await (await fetch(address)).text()).toContain("/rooms/lobby/events");
  });

  test.skipIf(!chromium)("its page sends and shows messages, and can be read in every look", async () => {
    const STORAGE = mkdtempSync(join(tmpdir(), "ssekit-room-"));
    onTestFinished(() => rmSync(STORAGE, { recursive: true }));
    const { address } = await start(STORAGE);
    const browser = await launchChromium(chromium!);
    onTestFinished(() => browser.close());
    for (const [n, look] of LOOKS.entries()) {
      const { page, errors } = await openAs(browser, address, look);
      await page.locator("#feed", { hasText: "Live." }).waitFor();
      expect(await reachedByTab(page, 2)).toEqual(["INPUT", "Send"]);
      await page.fill("input", `message ${n}`);
      await page.keyboard.press("Enter");
      await page.locator("li", { hasText: `message ${n}` }).waitFor();
      expect(await page.locator("li").count()).toBe(n + 1);
      expect(await lowContrast(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      expect(errors).toEqual([]);
    }
  });
});

/** Starts the server. At the end it is asked to stop, so that it stops workerd: a killed one would leave it behind. */
async function start(STORAGE: string) {
  const server = await startExample("durable-object", { STORAGE });
  onTestFinished(async () => void (await server.stop("SIGTERM")));
  return server;
}

function events(address: string, lastEventId?: string): Promise<Response> {
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;
  return fetch(`${address}/rooms/lobby/events`, { headers });
}

async function send(address: string, text: string): Promise<void> {
  await fetch(`${address}/rooms/lobby/messages`, { method: "POST", body: JSON.stringify({ text }) });
}
