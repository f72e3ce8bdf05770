import { createServer } from "node:http";
import type { Server } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { EventStreamServer as HonoEventStreamServer, sse } from "@ssekit/hono";
import { EventStreamServer } from "@ssekit/node";
import express from "express";
import { Hono } from "hono";
import { Agent, fetch as undiciFetch } from "undici";
import { expressAdapter } from "../../../../express/test/support/express-adapter.js";
import { nodeListener } from "../../../../node/test/support/node-listener.js";
import type { Adapter } from "../../../src/adapter.js";
import { listen } from "../../../src/support/listen.js";

/** The apps behind the proxies. The first two write to the socket directly, and Hono's server writes by itself. */
export const expressApp: Adapter = expressAdapter("Express", express);

export const nodeApp: Adapter = {
  name: "node:http",
  http: 1,
  async start(routes, options) {
    const events = new EventStreamServer(options);
    const errors: unknown[] = [];
    return Object.assign(await listen(createServer(nodeListener(routes, events, errors))), {
      events,
      errors,
    });
  },
};

export const honoApp: Adapter = {
  name: "Hono",
  http: 1,
  async start(routes, options) {
    const events = new HonoEventStreamServer(options);
    const app = new Hono().use(sse(events));
    for (const { path, before, headers = {}, onStream, source, options: own } of routes) {
      app.all(path, async (c) => {
        await before?.();
        for (const [name, value] of Object.entries(headers)) c.header(name, value);
        // Only a function gets the stream.
        if (onStream === undefined) return c.var.sse(source, own);
        return c.var.sse((stream) => {
          onStream(stream);
          return typeof source === "function" ? source(stream) : source;
        }, own);
      });
    }
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    return Object.assign(await listen(server), { events, errors: [] });
  },
};

/** The app behind a proxy: its URL is that of the proxy, and `cut` and `connections` are those of the app itself. */
export function behind(app: Adapter, startProxy: (upstream: string) => Promise<string>): Adapter {
  return {
    ...app,
    async start(routes, options) {
      const started = await app.start(routes, options);
      const url = await startProxy(started.url);
      return Object.create(started, { url: { value: url } });
    },
  };
}

const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } });

/** The app, with a client that speaks HTTP/2 and accepts the self-signed certificate. */
export function withHttp2Client(app: Adapter): Adapter {
  const fetch = (url: string, init: object) => undiciFetch(url, { ...init, dispatcher });
  return { ...app, http: 2, fetch: fetch as unknown as typeof globalThis.fetch };
}
