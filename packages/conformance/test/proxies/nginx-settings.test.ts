import type { EventStream } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import { ACCEPT, startApp, type TestApp } from "../../src/support/start-app.js";
import { startNginx, type NginxConfig } from "../../src/support/start-nginx.js";
import { systemProgram } from "../../src/support/system-program.js";
import { pause, until, within } from "../../src/support/within.js";
import { behind, expressApp, nodeApp, unixApp } from "./support/apps.js";

const nginx = systemProgram("nginx");
const HTTP_1_1 = 'proxy_http_version 1.1; proxy_set_header Connection "";';

const behindNginx = (config: NginxConfig, app = nodeApp) =>
  behind(app, (upstream) => startNginx(nginx!, upstream, config));

/** A route that keeps its streams open, and these streams. */
function openRoute(headers: Record<string, string> = {}) {
  const streams: EventStream[] = [];
  return {
    streams,
    route: { path: "/", headers, onStream: (stream: EventStream) => void streams.push(stream) },
  };
}

/** Requests a stream without waiting for its head, which nginx may hold back too. */
function receive(app: TestApp) {
  const receiving = { text: "", ended: Promise.resolve() };
  receiving.ended = app.request("/", { headers: ACCEPT }).then(async (response) => {
    const decoder = new TextDecoder();
    for await (const part of response.body!) receiving.text += decoder.decode(part);
  });
  return receiving;
}

// What docs/proxies.md says about single settings.
describe.skipIf(!nginx)("behind nginx,", () => {
  it.each([nodeApp, expressApp])(
    "a heartbeat that is shorter than proxy_read_timeout keeps a silent stream of $name open",
    async (app) => {
      const { streams, route } = openRoute();
      const config = { location: "proxy_read_timeout 2s;" };
      const { read } = await startApp(behindNginx(config, app), route, { heartbeat: 1_000 });
      const reader = await read("/");
      await pause(5_000);
      expect(reader.comments.length).toBeGreaterThanOrEqual(2);
      streams[0]!.send("still open");
      await reader.untilData("still open");
    },
  );

  it("a stream without heartbeats is broken off after proxy_read_timeout", async () => {
    const { streams, route } = openRoute();
    const config = { location: "proxy_read_timeout 1s;" };
    const { read } = await startApp(behindNginx(config), route, { heartbeat: false });
    const reader = await read("/");
    expect(await within("the end", reader.ended)).toBe(false);
    expect(await within("closed", streams[0]!.closed)).toBe("client");
  });

  describe("X-Accel-Buffering: no is what makes events arrive:", () => {
    it.each<[string, NginxConfig, Record<string, string>]>([
      ["proxy_ignore_headers X-Accel-Buffering", { location: "proxy_ignore_headers X-Accel-Buffering;" }, {}],
      ["an app that sends X-Accel-Buffering: yes", {}, { "x-accel-buffering": "yes" }],
    ])("with %s they arrive when the stream ends", async (_what, config, headers) => {
      const { streams, route } = openRoute(headers);
      const app = await startApp(behindNginx(config), route);
      const receiving = receive(app);
      await until("the stream", () => streams.length > 0);
      streams[0]!.send("held back");
      await pause(500);
      expect(receiving.text).toBe("");
      streams[0]!.end();
      await within("the end", receiving.ended);
      expect(receiving.text).toContain("held back");
    });

    it("with proxy_buffering off they arrive without the header, too", async () => {
      const { streams, route } = openRoute();
      const config = { location: "proxy_ignore_headers X-Accel-Buffering; proxy_buffering off;" };
      const { read } = await startApp(behindNginx(config), route);
      const reader = await read("/");
      streams[0]!.send("hello");
      await reader.untilData("hello");
      expect(reader.response.headers.get("content-type")).toBe("text/event-stream");
    });
  });

  it("events are compressed by its gzip, and arrive at once nevertheless", async () => {
    const { streams, route } = openRoute();
    const config = { http: "gzip on; gzip_types text/event-stream; gzip_min_length 0;", location: HTTP_1_1 };
    const { read } = await startApp(behindNginx(config), route);
    const reader = await read("/", { headers: { "accept-encoding": "gzip" } });
    expect(reader.response.headers.get("content-encoding")).toBe("gzip");
    for (let i = 0; i < 3; i++) {
      streams[0]!.send(`event ${i}`);
      await reader.untilData(`event ${i}`);
    }
  });

  it.each([
    { version: "1.1", location: HTTP_1_1, looksComplete: false },
    { version: "1.0", location: "proxy_http_version 1.0;", looksComplete: true },
  ])(
    "if the app dies, its stream looks complete to fetch with HTTP/$version to the app: $looksComplete",
    async ({ location, looksComplete }) => {
      const { streams, route } = openRoute();
      const app = await startApp(behindNginx({ location }), route);
      const reader = await app.read("/");
      streams[0]!.send("one");
      await reader.untilData("one");
      app.cut(); // as the operating system does for a process that was killed
      expect(await within("the end", reader.ended)).toBe(looksComplete);
    },
  );

  it("streams that follow one another share a connection to the app, if it is kept alive", async () => {
    const app = await startApp(behindNginx({ location: HTTP_1_1 }), { path: "/", source: ["one", "two"] });
    for (let i = 0; i < 5; i++) {
      expect(await (await app.read("/")).allData()).toEqual(["one", "two"]);
      expect(app.connections).toBe(1);
    }
  });

  it.each([
    { what: "204", options: {}, valid: "any 10m", lastEventId: "~end" },
    { what: "refusal", options: { maxStreams: 0 }, valid: "10m", lastEventId: "" },
  ])(
    "a cache with proxy_ignore_headers Cache-Control gives all clients the $what of one, unless streams are excluded",
    async ({ options, valid, lastEventId }) => {
      const countRequests = async (http: string, location: string): Promise<number> => {
        let requests = 0;
        const config = {
          http: `proxy_cache_path $folder/cache keys_zone=cache:1m; proxy_cache cache; proxy_cache_valid ${valid}; ${http}`,
          location,
        };
        const { request } = await startApp(
          behindNginx(config),
          { path: "/", before: async () => void requests++, source: ["one"] },
          options,
        );
        const first = await request("/", { headers: { ...ACCEPT, "last-event-id": lastEventId } });
        await first.text();
        const second = await request("/", { headers: ACCEPT });
        await second.text();
        return requests;
      };
      const ignore = "proxy_ignore_headers Cache-Control;";
      expect(await countRequests("", "")).toBe(2);
      expect(await countRequests(ignore, "")).toBe(1);
      expect(await countRequests(ignore, "proxy_cache off;")).toBe(2);
    },
  );

  it.each([
    { inner: "", outer: "", arrives: false },
    { inner: "proxy_pass_header X-Accel-Buffering;", outer: "", arrives: true },
    { inner: "", outer: "proxy_buffering off;", arrives: true },
  ])(
    "and a second nginx in front of it, events arrive: $arrives, with '$inner' and '$outer'",
    async ({ inner, outer, arrives }) => {
      const { streams, route } = openRoute();
      const twice = behind(behindNginx({ location: inner }), (upstream) =>
        startNginx(nginx!, upstream, { location: outer }),
      );
      const receiving = receive(await startApp(twice, route));
      await until("the stream", () => streams.length > 0);
      streams[0]!.send("hello");
      if (arrives) await until("the event", () => receiving.text.includes("hello"));
      else await pause(500);
      expect(receiving.text.includes("hello")).toBe(arrives);
      streams[0]!.end();
      await within("the end", receiving.ended);
      expect(receiving.text).toContain("hello");
    },
  );

  it("a stream of HTTP/1.0 over a Unix socket looks complete although its source has failed", async () => {
    async function* source(): AsyncGenerator<string> {
      yield "one";
      throw new Error("broken");
    }
    const config = { location: "proxy_http_version 1.0;" };
    const { read } = await startApp(behindNginx(config, unixApp), { path: "/", source });
    expect(await within("the end", (await read("/")).ended)).toBe(true);
  });
});
