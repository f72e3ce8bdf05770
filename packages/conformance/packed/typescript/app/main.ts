import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { EventStreamServer, sse as sseForExpress, type EventStream } from "@ssekit/express";
import { sse as sseForFastify } from "@ssekit/fastify";
import { sse as sseForHono } from "@ssekit/hono";
import { sse as sseForKoa } from "@ssekit/koa";
import { relay } from "@ssekit/relay";
import { readEvents, type ReceivedEvent } from "@ssekit/testing";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";

const events = new EventStreamServer({ heartbeat: 15_000 });

function greet(stream: EventStream): void {
  stream.send({ event: "greeting", data: { to: "you" } });
}

async function* answer() {
  const upstream = new Response('data: {"text":"Hel"}\n\ndata: {"text":"lo"}\n\ndata: [DONE]\n\n', {
    headers: { "content-type": "text/event-stream" },
  });
  yield* relay(upstream, { doneOn: "[DONE]" });
}

const expressApp = express()
  .use(sseForExpress(events))
  .get("/greeting", (_req, res) => greet(res.sse()))
  .get("/answer", (_req, res) => {
    res.sse(answer, { once: true });
  });

const koaApp = new Koa().use(sseForKoa(events)).use(async (ctx) => {
  if (ctx.path === "/answer") await ctx.sse(answer, { once: true });
  else greet(ctx.sse());
});

const honoApp = new Hono()
  .use(sseForHono(events))
  .get("/greeting", (c) => c.var.sse(greet))
  .get("/answer", (c) => c.var.sse(answer, { once: true }));

const fastifyApp = fastify();
void fastifyApp.register(sseForFastify, { server: events });
fastifyApp.get("/greeting", (_request, reply) => greet(reply.sse()));
fastifyApp.get("/answer", (_request, reply) => reply.sse(answer, { once: true }));

const listeners: Record<string, RequestListener> = {
  Express: expressApp,
  Koa: koaApp.callback(),
  Hono: getRequestListener(honoApp.fetch),
  Fastify: (req, res) => void fastifyApp.ready().then(() => fastifyApp.routing(req, res)),
};

function describe(received: ReceivedEvent[]): string {
  return received.map(({ type, data }) => `${type} ${data}`.trim()).join(", ");
}

async function main(): Promise<void> {
  for (const [framework, listener] of Object.entries(listeners)) {
    const server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const greeting = await readEvents(fetch(`${url}/greeting`), 1);
    const answered = await readEvents(fetch(`${url}/answer`), (received) => received.at(-1)?.type === "end");
    console.log(`${framework}: ${describe([...greeting, ...answered])}`);
    server.close();
  }
  await events.close();
}

void main();
