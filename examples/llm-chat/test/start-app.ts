import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { EventStreamServer } from "@ssekit/express";
import { onTestFinished } from "vitest";
import { createApp } from "../app.js";
import { startReplay } from "../replay.js";

export const recording = readFileSync(new URL("../recording.sse", import.meta.url), "utf8");

/** The `data` of each recorded event but `[DONE]`. */
export const recorded = recording
  .split("\n")
  .filter((line) => line.startsWith("data: {"))
  .map((line) => line.slice("data: ".length));

/** The app on a free port, in front of a replay that does not dawdle. */
export async function startApp({ pause = 0, retry = 3000, countsItself = true } = {}) {
  const upstream = await startReplay({ pause });
  const events = new EventStreamServer({ retry });
  const app = createApp({ upstream: { ...upstream, countsItself }, events });
  const requests: string[] = [];
  const server = app.listen(0, "127.0.0.1");
  server.on("request", ({ url = "" }) => requests.push(url));
  await once(server, "listening");
  onTestFinished(async () => {
    await events.close({ grace: 100 });
    server.closeAllConnections();
    server.close();
    upstream.close();
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: () => ({ ...upstream.counters.counts }),
    requests: () => requests,
    stopUpstream: () => upstream.close(),
  };
}
