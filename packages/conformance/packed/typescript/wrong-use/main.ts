// This file is compiled and never run. Each of these mistakes must also be a compiler error.
import { createChannel, EventStreamServer, sse as sseForExpress, type EventStream } from "@ssekit/express";
import { sse as sseForFastify } from "@ssekit/fastify";
import { sse as sseForHono } from "@ssekit/hono";
import { sse as sseForKoa } from "@ssekit/koa";
import { relay } from "@ssekit/relay";
import type { Response as ExpressResponse } from "express";
import fastify from "fastify";
import type { Context as HonoContext } from "hono";
import type { Context as KoaContext } from "koa";

export function wrongUse(stream: EventStream, res: ExpressResponse, ctx: KoaContext, c: HonoContext): void {
  // @ts-expect-error A bare string as a source would be sent letter by letter.
  res.sse("text");
  // @ts-expect-error
  void ctx.sse("text");
  // @ts-expect-error
  void c.var.sse("text");
  // @ts-expect-error
  void stream.sendAll("text");
  // @ts-expect-error
  res.sse(() => "text");
  // @ts-expect-error
  void createChannel().publishAll("text");

  // @ts-expect-error There is no such option.
  res.sse([], { heartbeet: 1_000 });
  // @ts-expect-error
  void ctx.sse([], { heartbeet: 1_000 });
  // @ts-expect-error
  void c.var.sse([], { heartbeet: 1_000 });
  // @ts-expect-error
  void new EventStreamServer({ heartbeet: 1_000 });
  // @ts-expect-error
  relay(new Response(), { doneOm: "[DONE]" });

  // @ts-expect-error A server has no such option either.
  sseForExpress({ heartbeet: 1_000 });
  // @ts-expect-error
  sseForKoa({ heartbeet: 1_000 });
  // @ts-expect-error
  sseForHono({ heartbeet: 1_000 });
  // @ts-expect-error
  void fastify().register(sseForFastify, { heartbeet: 1_000 });
  // @ts-expect-error It is registered, and not called.
  void sseForFastify({ heartbeat: 1_000 });

  // @ts-expect-error There is no such field.
  stream.send({ evnt: 1 });
  // @ts-expect-error An event type is a string.
  stream.send({ event: 1 });
  // @ts-expect-error Items are messages.
  res.sse([1, 2, 3]);
  // @ts-expect-error The first argument is the source.
  res.sse({ once: true });
}
