// @ts-check
import { createServer } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { createChannel, EventStreamServer, sse } from "@ssekit/express";
import { sse as honoSse } from "@ssekit/hono";
import { sse as koaSse } from "@ssekit/koa";
import { open } from "@ssekit/node";
import express from "express";
import { Hono } from "hono";
import Koa from "koa";

/** @typedef {import("@ssekit/node").EventStream} EventStream */
/** @typedef {(parts: { events: EventStreamServer, subscribe(stream: EventStream, url: string): void }) => import("node:net").Server} CreateApp */

/** `channel.publish` in an Express app. */
export const channelOnExpress = channelOn(({ events, subscribe }) => {
  const app = express();
  app.use(sse(events));
  app.get("/", (req, res) => subscribe(res.sse(), req.url));
  return createServer(app);
});

/** `channel.publish` in a Koa app. */
export const channelOnKoa = channelOn(({ events, subscribe }) => {
  const app = new Koa();
  app.use(koaSse(events));
  app.use((ctx) => subscribe(/** @type {any} */ (ctx).sse(), ctx.url));
  return createServer(app.callback());
});

/** `channel.publish` in a Hono app on Node. */
export const channelOnHono = channelOn(({ events, subscribe }) => {
  const app = new Hono();
  app.use(honoSse(events));
  app.get("/", (c) => c.var.sse((stream) => subscribe(stream, c.req.url)));
  return /** @type {import("node:net").Server} */ (createAdaptorServer({ fetch: app.fetch }));
});

/** `channel.publish` without a framework. */
export const channelOnNode = channelOn(({ events, subscribe }) =>
  createServer((req, res) => subscribe(open(req, res, { server: events }), req.url ?? "/")),
);

/**
 * A loop of `stream.send` over all streams of an Express app. The event's text is made again for each stream.
 * @type {import("./index.mjs").CreateContender}
 */
export function loopOnExpress({ heartbeat }) {
  const events = new EventStreamServer(heartbeat === undefined ? {} : { heartbeat });
  const app = express();
  app.use(sse(events));
  app.get("/", (_req, res) => void res.sse());
  return {
    server: createServer(app),
    open: () => events.streams.size,
    send(data) {
      for (const stream of events.streams) stream.send({ event: "tick", data });
    },
  };
}

/**
 * A channel whose clients may ask for topics (`?topics=a,b`), for all kept events (`?from=start`), and for events of one
 * type (`?filter=tick`).
 * @param {CreateApp} createApp
 * @returns {import("./index.mjs").CreateContender}
 */
function channelOn(createApp) {
  return ({ flushInterval, heartbeat, history }) => {
    const events = new EventStreamServer(heartbeat === undefined ? {} : { heartbeat });
    const channel = createChannel({
      ...(flushInterval !== undefined && { flushInterval }),
      ...(history !== undefined && { history: { events: history } }),
    });
    /** @param {EventStream} stream @param {string} url */
    const subscribe = (stream, url) => {
      const query = url.includes("?") ? new URL(url, "http://127.0.0.1").searchParams : undefined;
      const topics = query?.get("topics");
      const type = query?.get("filter");
      channel.subscribe(stream, {
        ...(topics && { topics: topics.split(",") }),
        ...(query?.get("from") === "start" && { from: /** @type {const} */ ("start") }),
        ...(type && { filter: ({ event }) => event === type }),
      });
    };
    return {
      server: createApp({ events, subscribe }),
      open: () => channel.size,
      send: (data, topic) =>
        void channel.publish({ event: "tick", data, ...(topic !== undefined && { topic }) }),
      sendOld: (data) => channel.publish({ event: "old", data }),
      blocked: () => [...events.streams].filter((stream) => stream.bufferedBytes > 0).length,
    };
  };
}
