import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { launchChromium, systemProgram } from "@ssekit/conformance";
import { describe, expect, it } from "vitest";

const chromium = systemProgram("chromium");

describe.skipIf(!chromium)("Chromium", () => {
  it("opens a page of a server on loopback", async () => {
    const server = createServer((_request, response) => response.end("<title>hello</title>"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const browser = await launchChromium(chromium!);
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      expect(await page.title()).toBe("hello");
    } finally {
      await browser.close();
      server.close();
      server.closeAllConnections();
    }
  });
});
