import { createServer } from "node:http";
import { listen, pause, until } from "@ssekit/conformance";
import { EventStreamServer, sse } from "@ssekit/express";
import express from "express";
import { expect, it, onTestFinished } from "vitest";

it("a response that is sent before the source has its first item is kept, and onError gets the error", async () => {
  const reported: unknown[] = [];
  const events = new EventStreamServer({ onError: (error) => void reported.push(error) });
  const app = express().use(sse(events));
  app.get("/", (_req, res) => {
    res.sse(() => pause(50).then(() => ["late"]));
    res.send("answered");
  });
  const { url, cut, close } = await listen(createServer(app));
  onTestFinished(() => (cut(), close()));
  expect(await (await fetch(url)).text()).toBe("answered");
  await until("the report", () => reported.length > 0);
  expect(reported).toMatchObject([{ code: "ERR_SSE_HEADERS_SENT" }]);
  expect(events.streams.size).toBe(0);
});
