// Compiled and never run: each mistake in the use of typed channels, streams and errors is an error of the compiler.
import {
  createChannel,
  createChannels,
  type Channel,
  type EventStream,
  type SseError,
} from "@ssekit/express";
import { relay } from "@ssekit/relay";
import type { Response as ExpressResponse } from "express";
import type { FastifyReply } from "fastify";
import type { Context as HonoContext } from "hono";
import type { Context as KoaContext } from "koa";
import { z } from "zod";

interface PriceEvents {
  tick: { price: number };
  halt: { reason: string };
  reset: string;
}

const prices = createChannel<PriceEvents>();
const untyped = createChannel();

export function publish(type: "reset" | "tick"): void {
  // @ts-expect-error There is no such event.
  void prices.publish({ event: "tock" });
  // @ts-expect-error The data of another event.
  void prices.publish({ event: "tick", data: { reason: "closed" } });
  // @ts-expect-error Data is missing.
  void prices.publish({ event: "tick" });
  // @ts-expect-error The event type is missing.
  void prices.publish({ data: { price: 1 } });
  // @ts-expect-error There is no event without a type.
  void prices.publish("text");
  // @ts-expect-error The channel sends this event itself, also when the event map has it.
  void prices.publish({ event: "reset", data: "" });
  // @ts-expect-error
  void untyped.publish({ event: "reset" });
  // @ts-expect-error
  void untyped.publish({ event: "snapshot", data: {} });
  // @ts-expect-error
  void untyped.publish({ event: "heartbeat" });
  // @ts-expect-error It may be one of those.
  void untyped.publish({ event: type });
  // @ts-expect-error The log gives the id.
  void untyped.publish({ event: "tick", id: "7" });
  // @ts-expect-error There is no such field.
  void untyped.publish({ event: "tick", topics: ["AAPL"] });
  // @ts-expect-error The message is one argument.
  void untyped.publish("tick", { price: 1 });
  // @ts-expect-error
  void prices.publish({ event: "tick", data: { price: 1 } }, "AAPL");
}

export function publishAll(): void {
  // @ts-expect-error There is no such event.
  void prices.publishAll([{ event: "tock" }]);
  // @ts-expect-error The data of another event.
  void prices.publishAll([{ event: "tick", data: { reason: "closed" } }]);
  void prices.publishAll(
    // @ts-expect-error
    async function* () {
      yield { event: "tick", data: { reason: "closed" } };
    },
  );
  // @ts-expect-error The events of an upstream may have any type.
  void prices.publishAll(relay(new Response()));
  // @ts-expect-error The channel sends this event itself.
  void prices.publishAll([{ event: "reset", data: "" }]);
  // @ts-expect-error Items are messages.
  void untyped.publishAll([1, 2, 3]);
  // @ts-expect-error A bare string would be published letter by letter.
  void untyped.publishAll("text");
}

export function end(): void {
  // @ts-expect-error There is no such event.
  void prices.end({ event: "done" });
  // @ts-expect-error The data of another event.
  void prices.end({ event: "halt", data: { price: 1 } });
  // @ts-expect-error Data is missing.
  void prices.end({ event: "halt" });
  // @ts-expect-error The event map says what the data of `end` is.
  void createChannel<{ end: number }>().end({ data: "text" });
  // @ts-expect-error The channel sends this event itself.
  void prices.end({ event: "reset", data: "" });
  // @ts-expect-error
  void untyped.end({ event: "reset" });
  // @ts-expect-error The log gives the id.
  void untyped.end({ id: "7" });
}

export function schemas(): void {
  const tick = z.object({ price: z.string() });
  const checked = createChannel({ schemas: { tick } });
  // @ts-expect-error The schema takes a string.
  void checked.publish({ event: "tick", data: { price: 1 } });
  // @ts-expect-error There is no schema of such an event.
  void checked.publish({ event: "tock" });
  // @ts-expect-error The schema contradicts the event map.
  createChannel<PriceEvents>({ schemas: { tick } });
  // @ts-expect-error
  createChannels<PriceEvents>({ schemas: { tick } });
  // @ts-expect-error The event map has no such event.
  createChannel<PriceEvents>({ schemas: { tock: tick } });
  const feeds = createChannels<PriceEvents>();
  // @ts-expect-error There may be no channel of this key.
  void feeds.get("ada").publish({ event: "tick", data: { price: 1 } });
  // @ts-expect-error A key is a string.
  void feeds.close(1);
  // @ts-expect-error A schema is not a function.
  createChannel({ schemas: { tick: (data: unknown) => data } });
}

export function channelOf(
  channel: Channel<{ tick: { price: string } }>,
): Channel<{ tick: { price: number } }> {
  // @ts-expect-error Its data is of another type.
  return channel;
}

export function send(stream: EventStream, typed: EventStream<PriceEvents>): void {
  // @ts-expect-error The message is one argument.
  stream.send("tick", { price: 1 });
  // @ts-expect-error
  stream.send({ event: "tick" }, { price: 1 });
  // @ts-expect-error An index is no argument of it.
  ["a", "b"].forEach((item, index) => stream.send(item, index));
  // @ts-expect-error There is no such property.
  stream.context.userID = "ada";
  // @ts-expect-error Items are messages.
  void stream.sendAll([1, 2, 3]);

  // @ts-expect-error There is no such event.
  typed.send({ event: "tock" });
  // @ts-expect-error
  typed.send({ event: "tock", retry: 1_000 });
  // @ts-expect-error There is no event without a type.
  typed.send("text");
  // @ts-expect-error The data of another event.
  typed.send({ event: "tick", data: { reason: "closed" } });
  // @ts-expect-error
  void typed.sendAll([1], (price) => ({ event: "tick", data: { reason: price } }));
  // @ts-expect-error There is no such event.
  typed.end({ event: "done" });
}

export function openTyped(res: ExpressResponse, ctx: KoaContext, c: HonoContext, reply: FastifyReply): void {
  // @ts-expect-error There is no such event.
  res.sse<PriceEvents>().send({ event: "tock" });
  // @ts-expect-error
  res.sse<PriceEvents>([{ event: "tock" }]);
  // @ts-expect-error
  ctx.sse<PriceEvents>().send({ event: "tock" });
  // @ts-expect-error
  void ctx.sse<PriceEvents>([{ event: "tock" }]);
  // @ts-expect-error
  reply.sse<PriceEvents>().send({ event: "tock" });
  // @ts-expect-error
  void reply.sse<PriceEvents>([{ event: "tock" }]);
  // @ts-expect-error With a source it is a promise of the stream.
  reply.sse(["text"]).send("text");
  void c.var.sse<PriceEvents>((stream) => {
    // @ts-expect-error
    stream.send({ event: "tock" });
  });
  // @ts-expect-error
  void c.var.sse<PriceEvents>([{ event: "tock" }]);
  // @ts-expect-error With a source it is a promise of the stream.
  ctx.sse(["text"]).send("text");
}

export function explain(error: SseError): void {
  // @ts-expect-error There is no such code.
  void (error.code === "ERR_SSE_INVALID");
  // @ts-expect-error It is there with some codes only.
  error.upstreamStatus.toFixed();
  // @ts-expect-error
  void error.issues.length;
  // @ts-expect-error There is no such property.
  void error.status;
}
