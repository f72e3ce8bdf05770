import type { Server } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { adapterContract, listen, type Route } from "@ssekit/conformance";
import { EventStreamServer, sse } from "@ssekit/hono";
import { type Context, Hono } from "hono";

adapterContract({
  name: "Hono 4 on Node",
  http: 1,
  returnsResponse: true,
  async start(routes, options) {
    const events = new EventStreamServer(options);
    const errors: unknown[] = [];
    const app = new Hono();
    app.use(sse(events));
    app.onError((error, c) => {
      errors.push(error);
      return c.text("sorry", ((error as { status?: number }).status ?? 500) as 500);
    });
    for (const route of routes) app.all(route.path, (c) => answer(route, c, errors));
    return Object.assign(await listen(createAdaptorServer({ fetch: app.fetch }) as Server), {
      events,
      errors,
    });
  },
});

async function answer(
  { before, headers = {}, misuse, again, source, options, onStream }: Route,
  c: Context,
  errors: unknown[],
) {
  await before?.();
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  // Only a function gets the stream.
  const response = c.var.sse(
    onStream === undefined
      ? source
      : (stream) => {
          onStream(stream);
          return typeof source === "function" ? source(stream) : source;
        },
    options,
  );
  if (misuse === "open twice") await c.var.sse(again).catch((error: unknown) => errors.push(error));
  return await response;
}
