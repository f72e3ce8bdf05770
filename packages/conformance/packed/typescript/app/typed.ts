// Compiled and never run: typed channels, streams and errors, as an app uses them.
import { createAnswers, type Answers, type AnswersOptions, type AnswerState } from "@ssekit/answers";
import {
  createChannel,
  createChannels,
  EventStreamServer,
  SseError,
  sse as sseForExpress,
  type Channel,
  type ChannelMessage,
  type Channels,
  type EventMessage,
  type EventStream,
  type StandardSchema,
} from "@ssekit/express";
import { sse as sseForFastify } from "@ssekit/fastify";
import { sse as sseForHono } from "@ssekit/hono";
import { sse as sseForKoa } from "@ssekit/koa";
import { isUpstreamError, relay } from "@ssekit/relay";
import express, { type Response as ExpressResponse } from "express";
import fastify, { type FastifyReply } from "fastify";
import { Hono, type Context as HonoContext } from "hono";
import Koa, { type Context as KoaContext } from "koa";
import { z } from "zod";

declare global {
  namespace Ssekit {
    interface StreamContext {
      userId: string;
    }
  }
}

interface Tick {
  price: number;
}
// An interface and not a type alias, which has no index signature.
interface PriceEvents {
  tick: Tick;
  halt: { reason: string };
  ping: undefined;
}

const prices = createChannel<PriceEvents>();
const untyped = createChannel();

export function publishTyped(): void {
  void prices.publish({ event: "tick", data: { price: 1 } });
  void prices.publish({ event: "tick", data: { price: 1 }, topic: "AAPL", idempotencyKey: "1" });
  void prices.publish({ event: "tick", data: { price: 1 }, topic: ["AAPL", "MSFT"] });
  void prices.publish({ event: "ping" });

  const texts = createChannel<{ message: string }>();
  void texts.publish("a message without a type");
  void texts.publish({ data: "a message without a type" });
}

export function publishUntyped(type: string, isText: boolean, message: EventMessage, items: string[]): void {
  void untyped.publish("text");
  void untyped.publish({ event: type, data: 1, topic: ["a", "b"] });
  void untyped.publish({ event: isText ? "text" : "binary" });
  void untyped.publish(isText ? "text" : { event: "binary" });
  void untyped.publish(message);
  items.forEach((item) => void untyped.publish(item));
}

export function publishAllTyped(ticks: AsyncIterable<Tick>, messages: ChannelMessage<PriceEvents>[]): void {
  void prices.publishAll(messages);
  void prices.publishAll([{ event: "tick", data: { price: 1 }, topic: "AAPL" }, { event: "ping" }]);
  void prices.publishAll(async function* ({ signal }) {
    for await (const tick of ticks) {
      if (signal.aborted) return;
      yield { event: "tick", data: tick };
    }
    yield { event: "halt", data: { reason: "closed" } };
  });

  void untyped.publishAll(relay(new Response()));
  void untyped.publishAll(({ signal }) => relay(new Response(), { signal }));
  void untyped.publishAll(["text", { event: "a", data: 1, topic: "a" }]);
}

export function endTyped(): void {
  void prices.end();
  void prices.end({ data: "the data of type end is free" });
  void prices.end({ event: "end", data: 1 });
  void prices.end({ event: "halt", data: { reason: "closed" } });
  void prices.end({ event: "ping" });
  void createChannel<{ end: number }>().end({ data: 1 });
  void untyped.end({ event: "done", data: "[DONE]" });
}

export function answer(stream: EventStream, messages: AsyncIterable<EventMessage>): Promise<AnswerState> {
  const options: AnswersOptions = { onError: (error, { key, stage }) => console.error(error, key, stage) };
  const answers: Answers = createAnswers({
    ...options,
    fold: (text: string = "", { data }) => text + data,
    endData: (state) => (state === "failed" ? { type: "error" } : "[DONE]"),
  });
  void answers.start("a", ({ signal }) => relay(new Response(), { signal }));
  void answers.start("b", messages);
  void answers.start("c", ["text", { event: "usage", data: { tokens: 5 } }]);
  answers.subscribe("a", stream).unsubscribe();
  return answers.stop("a");
}

const checked = createChannel({
  schemas: {
    tick: z.object({ price: z.number() }),
    size: z.string().transform((text) => text.length),
  },
});

export function publishChecked(ours: StandardSchema): void {
  // The types of what the schemas take, and not of what they make of it.
  const sameTypes: Channel<{ tick: Tick; size: string }> = checked;
  void sameTypes.publish({ event: "tick", data: { price: 1 } });
  void checked.publish({ event: "size", data: "text" });
  const feeds: Channels<{ tick: Tick }> = createChannels({
    schemas: { tick: z.object({ price: z.number() }) },
  });
  const feed: Channel<{ tick: Tick }> | undefined = feeds.get("ada");
  void feed?.publish({ event: "tick", data: { price: 1 } });
  void feeds.getOrCreate("ada").publish({ event: "tick", data: { price: 1 } });
  const keys: string[] = [...feeds.keys()];
  const wasThere: Promise<boolean> = feeds.close(keys[0]!);
  void wasThere;
  void feeds.close();

  // A type argument goes before, and a schema is for as many of its events as one likes.
  createChannel<PriceEvents>({ schemas: { tick: z.object({ price: z.number() }) } });
  createChannel<PriceEvents>({ schemas: { tick: ours } });
  createChannels<PriceEvents>({ schemas: { tick: z.object({ price: z.number() }) } });
  void createChannel({ schemas: { ours } }).publish({ event: "ours", data: "anything" });
}

function sizeOf(channel: Channel): number {
  void channel.publish({ event: "anything" });
  return channel.size;
}

export function passAround(channels: Channels<PriceEvents>, stream: EventStream<PriceEvents>): void {
  sizeOf(prices);
  sizeOf(untyped);
  sizeOf(checked);
  const anyChannels: Channels = channels;
  const typedAgain: Channel<PriceEvents> = untyped;
  const streams = new Set<EventStream>([stream]);
  prices.subscribe(stream, { filter: ({ event }) => event === "tick" });
  for (const anyStream of streams) typedAgain.subscribe(anyStream);
  void anyChannels.close();
}

export function sendTyped(stream: EventStream<PriceEvents>, ticks: Tick[]): void {
  stream.send({ event: "tick", data: { price: 1 }, id: "7" });
  stream.send({ event: "ping" });
  stream.send({ retry: 1_000, comment: "without an event" });
  void stream.sendAll([{ event: "tick", data: { price: 1 } }]);
  void stream.sendAll(ticks, (tick) => ({ event: "tick", data: tick }));
  stream.end();
  stream.end({ event: "halt", data: { reason: "closed" } });
}

export async function openTyped(
  res: ExpressResponse,
  ctx: KoaContext,
  c: HonoContext,
  reply: FastifyReply,
  ticks: Tick[],
): Promise<void> {
  res.sse<PriceEvents>().send({ event: "tick", data: { price: 1 } });
  res.sse<PriceEvents>(undefined, { heartbeat: 1_000 }).send({ event: "ping" });
  res.sse<PriceEvents>([{ event: "tick", data: { price: 1 } }]).send({ event: "ping" });
  res.sse(ticks, { toMessage: (tick) => ({ event: "tick", data: tick }) }).send("untyped");

  ctx.sse<PriceEvents>().send({ event: "tick", data: { price: 1 } });
  ctx.sse<PriceEvents>(undefined, { heartbeat: 1_000 }).send({ event: "ping" });
  (await ctx.sse<PriceEvents>([{ event: "tick", data: { price: 1 } }])).send({ event: "ping" });
  await ctx.sse(ticks, { toMessage: (tick) => ({ event: "tick", data: tick }) });

  reply.sse<PriceEvents>().send({ event: "tick", data: { price: 1 } });
  reply.sse<PriceEvents>(undefined, { heartbeat: 1_000 }).send({ event: "ping" });
  (await reply.sse<PriceEvents>([{ event: "tick", data: { price: 1 } }])).send({ event: "ping" });
  await reply.sse(ticks, { toMessage: (tick) => ({ event: "tick", data: tick }) });

  await c.var.sse<PriceEvents>((stream) => {
    stream.send({ event: "tick", data: { price: 1 } });
  });
  await c.var.sse<PriceEvents>([{ event: "tick", data: { price: 1 } }]);
  await c.var.sse(ticks, { toMessage: (tick) => ({ event: "tick", data: tick }) });

  await new EventStreamServer().respond<PriceEvents>(new Request("http://localhost"), (stream) => {
    stream.send({ event: "tick", data: { price: 1 } });
  });
}

// Options in place of a server, a subscription as what a source returns, and what the app keeps on a stream.
express()
  .use(sseForExpress({ heartbeat: 15_000 }))
  .get("/", (_req, res) => {
    const { context } = res.sse((stream) => prices.subscribe(stream));
    context.userId = "ada";
  });
new Koa().use(sseForKoa({ heartbeat: 15_000 })).use((ctx) => ctx.sse((stream) => prices.subscribe(stream)));
const fastifyApp = fastify({ logger: true });
void fastifyApp.register(sseForFastify, { heartbeat: 15_000, onError: (error) => console.error(error) });
void fastifyApp.register(import("@ssekit/fastify"));
fastifyApp.get("/", (_request, reply) => reply.sse((stream) => prices.subscribe(stream)));
fastifyApp.get("/async", async (_request, reply) => {
  reply.header("x-a", "b").sse().context.userId = "ada";
});
void fastify({ http2: true }).register(sseForFastify, { server: new EventStreamServer() });
new Hono().use(sseForHono({ heartbeat: 15_000 })).get("/", (c) =>
  c.var.sse((stream) => {
    stream.context.userId = "ada";
    return prices.subscribe(stream);
  }),
);

export function explain(error: unknown): string {
  if (isUpstreamError(error)) return `${error.upstreamStatus} ${error.upstreamBody ?? ""}`;
  if (!(error instanceof SseError)) return "another error";
  const code: "ERR_SSE_INVALID_DATA" | typeof error.code = error.code;
  const status: number | undefined = error.upstreamStatus;
  const body: string | undefined = error.upstreamBody;
  const fields = error.issues?.map(({ message, path = [] }) => `${path.map(String).join(".")}: ${message}`);
  const received = error.events?.map(({ type, data, lastEventId }) => `${type} ${data} ${lastEventId}`);
  return [code, status, body, fields, received, error.response?.status].join(" ");
}
