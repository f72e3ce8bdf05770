import { readEvents } from "@ssekit/testing";
import { describe, expect, test } from "vitest";
import app from "../app.js";
import { startExample } from "../../../packages/conformance/src/support/start-example.js";

describe("the server", () => {
  test("sends the time at every full second", async () => {
    const { address } = await startExample("hono-clock");
    const response = await fetch(`${address}/clock`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = await readEvents(response, 4, { timeout: 10_000 });
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["tick"]));
    const times = events.map(({ data }) => JSON.parse(data).now as number);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(Math.abs(Date.now() - times.at(-1)!)).toBeLessThan(15_000);
    expect(new Set(times.map((now) => Math.floor(now / 1000))).size).toBe(times.length);
  });

  test("stops on SIGTERM, with a clock open, and prints no error", async () => {
    const { address, stop, output } = await startExample("hono-clock");
    const response = await fetch(`${address}/clock`);
    expect(await stop("SIGTERM")).toEqual([0, null]);
    expect(await response.text()).toMatch(/\n\nretry: \d+\n\n$/);
    expect(output()).not.toContain("Error");
  });
});

describe("the app", () => {
  test("is an object with fetch, which Bun, Deno and Workers can start", async () => {
    const response = await app.fetch(new Request("http://localhost/clock"));
    const events = await readEvents(response, 1);
    expect(JSON.parse(events.at(0)!.data).runtime).toBe("node");
  });
});
