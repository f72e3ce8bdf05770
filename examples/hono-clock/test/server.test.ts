import { readEvents } from "@ssekit/testing";
import { describe, expect, test } from "vitest";
import app from "../app.js";
import { startServer } from "./start-server.js";

describe("the server", () => {
  test("tells its clock at every full second", async () => {
    const { address } = await startServer();
    const response = await fetch(`${address}/clock`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = await readEvents(response, 4, { timeout: 10_000 });
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["tick"]));
    const times = events.map(({ data }) => JSON.parse(data).now as number);
    for (const [index, now] of times.entries()) {
      expect(Math.abs(Date.now() - now)).toBeLessThan(15_000);
      if (index > 0) expect(now).toBeGreaterThan(times[index - 1]!);
    }
    // Each but the first follows a new second.
    const seconds = times.map((now) => Math.floor(now / 1000));
    expect(new Set(seconds).size).toBe(seconds.length);
  });

  test("stops on SIGTERM, with a clock open, and prints no error", async () => {
    const { address, stop, output } = await startServer();
    const response = await fetch(`${address}/clock`);
    expect(await stop("SIGTERM")).toEqual([0, null]);
    expect(await response.text()).toMatch(/\n\nretry: \d+\n\n$/);
    expect(output()).not.toContain("Error");
  });
});

describe("the app", () => {
  test("is what Bun, Deno and Workers start: an object with fetch", async () => {
    const response = await app.fetch(new Request("http://localhost/clock"));
    const [tick] = await readEvents(response, 1);
    expect(JSON.parse(tick!.data).runtime).toBe("node");
  });
});
