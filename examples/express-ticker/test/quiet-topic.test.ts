import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createChannel, EventStreamServer, sse } from "@ssekit/express";
import express from "express";
import { describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../../../packages/conformance/src/support/launch-chromium.js";
import { systemProgram } from "../../../packages/conformance/src/support/system-program.js";

const chromium = systemProgram("chromium");
const poll = { timeout: 10_000, interval: 20 };

describe.skipIf(!chromium)("a quiet topic beside a busy one, in Chromium", () => {
  test.for([
    { heartbeat: 100, expected: ["message first", "message second"] },
    { heartbeat: false, expected: ["message first", 'reset {"reason":"evicted"}', "message second"] },
  ] as const)("after a break, with heartbeat $heartbeat: $expected", async ({ heartbeat, expected }) => {
    const channel = createChannel({ history: { events: 10 } });
    const app = express();
    app.use(sse(new EventStreamServer({ heartbeat, retry: 50 })));
    app.get("/", (_req, res) => void res.send("<!doctype html>"));
    const lastEventIds: (string | undefined)[] = [];
    app.get("/quiet", (_req, res) => {
      const stream = res.sse();
      lastEventIds.push(stream.lastEventId);
      channel.subscribe(stream, { topics: ["quiet"] });
    });
    const server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
    const browser = await launchChromium(chromium!);
    onTestFinished(async () => {
      await browser.close();
      await channel.close();
      server.closeAllConnections();
      server.close();
    });

    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const seen = await page.evaluateHandle(() => {
      const events: { event: string; id: string }[] = [];
      const source = new EventSource("/quiet");
      for (const type of ["message", "reset", "heartbeat"]) {
        source.addEventListener(type, ({ data, lastEventId }) =>
          events.push({ event: `${type} ${data}`.trim(), id: lastEventId }),
        );
      }
      return events;
    });
    const events = async () => (await seen.jsonValue()).filter(({ event }) => event !== "heartbeat");

    await expect.poll(() => channel.size, poll).toBe(1);
    let cursor = await channel.publish({ data: "first", topic: "quiet" });
    await expect.poll(async () => (await events()).length, poll).toBe(1);
    for (let count = 0; count < 100; count++) {
      const id = await channel.publish({ data: "noise", topic: "busy" });
      if (heartbeat !== false) cursor = id;
    }
    await expect.poll(async () => (await seen.jsonValue()).at(-1)?.id, poll).toBe(cursor);
    server.closeAllConnections();
    await expect.poll(() => lastEventIds, poll).toEqual([undefined, cursor]);
    await channel.publish({ data: "second", topic: "quiet" });
    await expect.poll(async () => (await events()).map(({ event }) => event), poll).toEqual(expected);
  });
});
