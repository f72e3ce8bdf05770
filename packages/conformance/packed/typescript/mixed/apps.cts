import type { RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import {
  createChannel,
  sse as sseForExpress,
  type EventStream,
  type EventStreamServer,
  type Source,
} from "@ssekit/express";
import { sse as sseForFastify } from "@ssekit/fastify";
import { sse as sseForHono } from "@ssekit/hono";
import { sse as sseForKoa } from "@ssekit/koa";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";

export { EventStreamServer } from "@ssekit/express";

/** For each framework, a function that makes an app which answers with the source. */
export const apps = {
  Express(events: EventStreamServer, source: Source): RequestListener {
    return express()
      .use(sseForExpress(events))
      .get("/", (_req, res) => {
        res.sse(source);
      });
  },

  Koa(events: EventStreamServer, source: Source): RequestListener {
    const app = new Koa().use(sseForKoa(events)).use((ctx) => ctx.sse(source));
    return app.callback();
  },

  Hono(events: EventStreamServer, source: Source): RequestListener {
    const app = new Hono().use(sseForHono(events)).get("/", (c) => c.var.sse(source));
    return getRequestListener(app.fetch);
  },

  Fastify(events: EventStreamServer, source: Source): RequestListener {
    const app = fastify();
    void app.register(sseForFastify, { server: events });
    app.get("/", (_request, reply) => reply.sse(source));
    return (req, res) => void app.ready().then(() => app.routing(req, res));
  },
};

const greetings = createChannel<{ greeting: string }>();

/** A source that subscribes the stream to a channel of this module, and leaves the stream open. */
export function greet(stream: EventStream): void {
  greetings.subscribe(stream);
  void greetings.publish({ event: "greeting", data: "hello from CommonJS" });
}
