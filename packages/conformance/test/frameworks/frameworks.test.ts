import { rm } from "node:fs/promises";
import { pause, RawClient, until } from "@ssekit/conformance";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { frameworks } from "./frameworks.js";
import { installApp } from "./install-app.js";
import { buildApp, expectOpen, startApp, type RunningApp } from "./running-app.js";
import { packPackages } from "./tarballs.js";

// The apps of `packages/frameworks/`, whose files the pages in `docs/frameworks/` show, built and started as in production.
let tarballs: string;

beforeAll(async () => {
  tarballs = await packPackages();
}, 70_000);

afterAll(() => rm(tarballs, { recursive: true, force: true }));

describe.each(frameworks.map((framework) => [framework.name, framework] as const))(
  "%s",
  (_name, framework) => {
    let installed: boolean;
    let app: RunningApp;

    beforeAll(async () => {
      installed = await installApp(framework.name, tarballs);
      if (installed) await buildApp(framework);
      else if (process.env["SSEKIT_REQUIRE_ALL"] === "1") {
        throw new Error(`The packages of ${framework.name} cannot be downloaded: there is no network.`);
      }
    }, 500_000);

    beforeEach(async (context) => {
      context.skip(!installed, "its packages cannot be downloaded, because there is no network");
      app = await startApp(framework);
    }, 60_000);

    it("sends the headers of an event stream", async () => {
      const { response } = await app.read("/events");

      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toMatch(/^text\/event-stream\b/);
      expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
      expect(response.headers.get("x-accel-buffering")).toBe("no");
      expect(response.headers.get("content-encoding")).toBeNull();
    });

    it("sends each event before the next one is published", async () => {
      const reader = await app.read("/events");
      await expectOpen(app, 1);

      for (const price of [1, 2, 3]) {
        const id = await app.publish(price);
        const event = (await reader.take(price))[price - 1];
        expect(event).toEqual({ type: "tick", data: `{"symbol":"AAPL","price":${price}}`, lastEventId: id });
      }
    });

    it("sends the items of a source as they come", async () => {
      const reader = await app.read("/answer");
      const [first] = await reader.take(1);
      const start = performance.now();
      const events = await reader.all();

      expect(first!.data).toBe("This");
      // Four pauses of 200 ms follow the first item. Without a stream, everything would arrive at once.
      expect(performance.now() - start).toBeGreaterThan(400);
      expect(events.map((event) => event.data)).toEqual([
        "This",
        "takes",
        "about",
        "one",
        "second",
        expect.anything(),
      ]);
    });

    it("continues after the last event that the client received", async () => {
      const before = await app.read("/events");
      await expectOpen(app, 1);
      const id = await app.publish(1);
      await before.take(1);
      before.leave();
      await expectOpen(app, 0);
      await app.publish(2);
      await app.publish(3);

      const events = await (await app.read("/events", id)).take(2);

      expect(events.map((event) => event.data)).toEqual([
        '{"symbol":"AAPL","price":2}',
        '{"symbol":"AAPL","price":3}',
      ]);
    });

    it("answers 204 to a client that has received the whole answer", async () => {
      const events = await (await app.read("/answer")).all();
      const { lastEventId } = events.at(-1)!;
      const headers = { accept: "text/event-stream", "last-event-id": lastEventId };

      const response = await fetch(`${app.url}/answer`, { headers });

      expect(lastEventId).toMatch(/~end$/);
      expect(response.status).toBe(204);
      expect(response.headers.get("cache-control")).toBe("no-store");
    });

    it("closes the stream of a client that leaves, long before the next heartbeat", async () => {
      const client = new RawClient(app.url).request("GET", "/events", { accept: "text/event-stream" });
      await client.until("retry: 3000");
      await expectOpen(app, 1);

      client.socket.destroy();

      await expectOpen(app, 0);
    });

    it("returns the source of a client that leaves", async () => {
      const client = new RawClient(app.url).request("GET", "/probe", { accept: "text/event-stream" });
      await client.until("data: xxx");

      client.socket.destroy();

      await until("the return of the source", () => app.output().includes("flood: returned"));
      expect(app.output()).not.toContain("flood: returned after 1000"); // its end
      await expectOpen(app, 0);
    });

    const { ignoresBackpressure = false } = framework;
    const does = ignoresBackpressure ? "does not stop, as its page says," : "stops";

    it(`${does} the source of a client that does not read`, async () => {
      const client = new RawClient(app.url).request("GET", "/probe", { accept: "text/event-stream" });
      await client.until("data: xxx");
      client.socket.pause();
      onTestFinished(() => void client.socket.destroy());

      // Until it has sent nothing for a second, or everything.
      let count = -1;
      while (count !== (count = progress(app))) await pause(1000);

      // Sockets take some megabytes of its 64.
      expect(count > 400).toBe(ignoresBackpressure);
      expect(app.output().includes("flood: returned")).toBe(ignoresBackpressure);
    });

    it("breaks the connection when a source fails, so that the answer never looks complete", async () => {
      const reader = await app.read("/probe?broken");

      expect(await reader.ended).toBe(false);
      expect(reader.events.map((event) => event.data)).toEqual(["before"]);
    });

    it("ends its streams after SIGTERM, tells clients when to come back, and exits", async () => {
      const readers = [await app.read("/events"), await app.read("/events")];
      await expectOpen(app, 2);

      await app.terminate();

      for (const reader of readers) {
        expect(await reader.ended).toBe(true);
        expect(reader.retries).toHaveLength(2);
      }
    });
  },
);

/** How many items of 64 KiB the app has made. */
function progress(app: RunningApp): number {
  return Math.max(0, ...[...app.output().matchAll(/flood: (\d+)/g)].map((match) => Number(match[1])));
}
