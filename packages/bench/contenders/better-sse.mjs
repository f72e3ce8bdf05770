// @ts-check
import { createServer } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { createChannel, createResponse, createSession } from "better-sse";
import express from "express";
import { Hono } from "hono";

/**
 * `broadcast` is better-sse's own method to send one event to all. It adds an id, and makes the text for each session.
 * @type {import("./index.mjs").CreateContender}
 */
export function betterSseOnExpress({ heartbeat }) {
  const channel = createChannel();
  const app = express();
  app.get("/", async (req, res) => {
    channel.register(await createSession(req, res, heartbeat === undefined ? {} : { keepAlive: heartbeat }));
  });
  return {
    server: createServer(app),
    open: () => channel.sessionCount,
    send: (data) => void channel.broadcast(data, "tick"),
  };
}

/**
 * The same in a Hono app on Node.
 * @type {import("./index.mjs").CreateContender}
 */
export function betterSseOnHono() {
  const channel = createChannel();
  const app = new Hono();
  app.get("/", (c) => createResponse(c.req.raw, (session) => void channel.register(session)));
  return {
    server: /** @type {import("node:net").Server} */ (createAdaptorServer({ fetch: app.fetch })),
    open: () => channel.sessionCount,
    send: (data) => void channel.broadcast(data, "tick"),
  };
}
