import { createServer } from "node:http";
import type { EventStream } from "@ssekit/core";
import { EventStreamServer } from "@ssekit/node";
import { describe, expect, it } from "vitest";
import { nodeListener } from "../../../node/test/support/node-listener.js";
import type { Adapter } from "../../src/adapter.js";
import { RawClient } from "../../src/clients/raw-client.js";
import { listen } from "../../src/support/listen.js";
import { recordSocketWrites } from "../../src/support/record-socket-writes.js";
import { ACCEPT, startApp } from "../../src/support/start-app.js";
import { startHaproxy } from "../../src/support/start-haproxy.js";
import { systemProgram } from "../../src/support/system-program.js";
import { pause, within } from "../../src/support/within.js";
import { behind, expressApp, honoApp, nodeApp } from "./support/apps.js";
import { measureDelays } from "./support/measure-delays.js";
import { AT_ONCE_MS, proxyContract } from "./support/proxy-contract.js";

const haproxy = systemProgram("haproxy");

const behindHaproxy = (settings: string, app = nodeApp) =>
  behind(app, (upstream) => startHaproxy(haproxy!, upstream, settings));

/** A route that keeps its streams open, and these streams. */
function openRoute() {
  const streams: EventStream[] = [];
  return { streams, route: { path: "/", onStream: (stream: EventStream) => void streams.push(stream) } };
}

describe.skipIf(!haproxy)("behind HAProxy with option http-no-delay,", () => {
  for (const app of [nodeApp, expressApp, honoApp]) {
    proxyContract({ adapter: behindHaproxy("option http-no-delay", app), tellsDeparture: false });
  }
});

// What docs/proxies.md says about single settings.
describe.skipIf(!haproxy)("behind HAProxy,", () => {
  it.each([nodeApp, honoApp])("events of $name are late without option http-no-delay", async (app) => {
    const { streams, route } = openRoute();
    const { read } = await startApp(behindHaproxy("", app), route);
    const reader = await read("/");
    const delays = await measureDelays(streams[0]!, reader);
    expect(Math.min(...delays), `delays ${delays.join(", ")}`).toBeGreaterThan(AT_ONCE_MS);
  });

  it("a client that leaves is not noticed without heartbeats", async () => {
    const { streams, route } = openRoute();
    const { read } = await startApp(behindHaproxy(""), route, { heartbeat: false });
    const client = new AbortController();
    await read("/", { signal: client.signal });
    client.abort();
    await pause(1_000);
    expect(streams[0]!.signal.aborted).toBe(false);
  });

  it.each(["leaves", "closes its half of the connection"])(
    "a client that %s is noticed without heartbeats if option abortonclose is set",
    async (how) => {
      const { streams, route } = openRoute();
      const { url } = await startApp(behindHaproxy("option abortonclose"), route, { heartbeat: false });
      const client = new RawClient(url).request("GET", "/", ACCEPT);
      await client.until("retry: ");
      if (how === "leaves") client.socket.destroy();
      else client.socket.end();
      expect(await within("closed", streams[0]!.closed)).toBe("client");
    },
  );

  it("a client that leaves is noticed after at most two heartbeats otherwise", async () => {
    const { streams, route } = openRoute();
    let writes: string[] = [];
    const recorded: Adapter = {
      ...nodeApp,
      async start(routes, options) {
        const events = new EventStreamServer(options);
        const server = createServer(nodeListener(routes, events, []));
        writes = recordSocketWrites(server);
        return Object.assign(await listen(server), { events, errors: [] });
      },
    };
    const { read } = await startApp(behindHaproxy("", recorded), route, { heartbeat: 2_000 });
    const client = new AbortController();
    await read("/", { signal: client.signal });
    writes.length = 0;
    client.abort();
    expect(await within("closed", streams[0]!.closed)).toBe("client");
    const heartbeats = writes.filter((write) => write.includes(":\n\n"));
    expect(heartbeats.length).toBeGreaterThanOrEqual(1);
    expect(heartbeats.length).toBeLessThanOrEqual(2);
  });

  it("streams are not compressed, because they say no-transform", async () => {
    const { streams, route } = openRoute();
    const settings = "compression algo gzip\n  compression type text/event-stream\n  option http-no-delay";
    const { read } = await startApp(behindHaproxy(settings), [
      route,
      { path: "/compressed", headers: { "cache-control": "no-cache" }, source: ["one"] },
    ]);
    const headers = { "accept-encoding": "gzip" };
    const reader = await read("/", { headers });
    expect(reader.response.headers.has("content-encoding")).toBe(false);
    streams[0]!.send("hello");
    await reader.untilData("hello");
    expect((await read("/compressed", { headers })).response.headers.get("content-encoding")).toBe("gzip");
  });

  it("a heartbeat that is shorter than timeout server keeps a silent stream open", async () => {
    const { streams, route } = openRoute();
    const { read } = await startApp(behindHaproxy("timeout server 2s"), route, { heartbeat: 1_000 });
    const reader = await read("/");
    await pause(5_000);
    expect(reader.comments.length).toBeGreaterThanOrEqual(2);
    streams[0]!.send("still open");
    await reader.untilData("still open");
  });

  it("a stream without heartbeats is broken off after timeout server", async () => {
    const { streams, route } = openRoute();
    const { read } = await startApp(behindHaproxy("timeout server 1s"), route, { heartbeat: false });
    const reader = await read("/");
    expect(await within("the end", reader.ended)).toBe(false);
    expect(await within("closed", streams[0]!.closed)).toBe("client");
  });

  it("a stream looks broken to fetch if the app dies", async () => {
    const { streams, route } = openRoute();
    const app = await startApp(behindHaproxy("option http-no-delay"), route);
    const reader = await app.read("/");
    streams[0]!.send("one");
    await reader.untilData("one");
    app.cut();
    expect(await within("the end", reader.ended)).toBe(false);
  });
});
