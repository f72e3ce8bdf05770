import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { EventStreamServer, sse as sseForExpress } from "@ssekit/express";
import { sse as sseForKoa } from "@ssekit/koa";
import { relay } from "@ssekit/relay";
import { readEvents } from "@ssekit/testing";
import express from "express";
import Koa from "koa";

const events = new EventStreamServer();

function answer() {
  const headers = { "content-type": "text/event-stream" };
  return relay(new Response("event: greeting\ndata: hello\n\n", { headers }));
}

const expressApp = express();
expressApp.use(sseForExpress(events));
expressApp.get("/", (_req, res) => {
  res.sse(answer);
});

const koaApp = new Koa();
koaApp.use(sseForKoa(events));
koaApp.use(async (ctx) => {
  await ctx.sse(answer);
});

async function run(name: string, app: RequestListener): Promise<void> {
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const [greeting] = await readEvents(fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), 1);
  console.log(`${name}: ${greeting?.type} ${greeting?.data}`);
  server.close();
}

async function main(): Promise<void> {
  await run("Express 4", expressApp);
  await run("Koa 2", koaApp.callback());
}

void main();
