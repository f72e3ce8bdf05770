// @ts-check
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";

/**
 * Hono's own helper. The app keeps the open streams and calls `writeSSE` on each of them.
 * @type {import("./index.mjs").CreateContender}
 */
export function honoStreamSse() {
  /** @type {Set<import("hono/streaming").SSEStreamingApi>} */
  const streams = new Set();
  const app = new Hono();
  app.get("/", (c) =>
    streamSSE(c, async (stream) => {
      const left = new Promise((resolve) => stream.onAbort(() => resolve(undefined)));
      await stream.write("retry: 3000\n\n");
      streams.add(stream);
      await left;
      streams.delete(stream);
    }),
  );
  return {
    server: /** @type {import("node:net").Server} */ (createAdaptorServer({ fetch: app.fetch })),
    open: () => streams.size,
    send(data) {
      const text = JSON.stringify(data); // `writeSSE` takes only strings
      for (const stream of streams) void stream.writeSSE({ event: "tick", data: text });
    },
  };
}
