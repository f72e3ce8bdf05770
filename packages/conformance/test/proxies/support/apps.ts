import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { EventStreamServer as HonoEventStreamServer, sse } from "@ssekit/hono";
import { EventStreamServer } from "@ssekit/node";
import express from "express";
import { Hono } from "hono";
import Koa from "koa";
import { Agent, fetch as undiciFetch } from "undici";
import { expressAdapter } from "../../../../express/test/support/express-adapter.js";
import { koaAdapter } from "../../../../koa/test/support/koa-adapter.js";
import { nodeListener } from "../../../../node/test/support/node-listener.js";
import type { Adapter } from "../../../src/adapter.js";
import { listen } from "../../../src/support/listen.js";

// Apps behind proxies. Express, Koa and node:http write to the socket directly if the proxy speaks HTTP/1.1. Hono's server
// writes the bytes of a `Response` itself.
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

export const koaApp: Adapter = koaAdapter("Koa", Koa);

/** `node:http` on a Unix socket. Its URL is nginx's way to write the path of one. */
export const unixApp: Adapter = {
  ...nodeApp,
  name: "node:http on a Unix socket",
  async start(routes, options) {
    const events = new EventStreamServer(options);
    const server = createServer(nodeListener(routes, events, []));
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    const folder = mkdtempSync(join(tmpdir(), "ssekit-socket-"));
    server.listen(join(folder, "app"));
    await once(server, "listening");
    return {
      url: `unix:${join(folder, "app")}`,
      events,
      errors: [],
      get connections() {
        return sockets.size;
      },
      cut() {
        for (const socket of sockets) socket.destroy();
      },
      async close() {
        await new Promise((resolve) => server.close(resolve));
        rmSync(folder, { recursive: true });
      },
    };
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
