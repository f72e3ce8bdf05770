import type { Adapter, Listening, Route } from "@ssekit/conformance";
import { EventStreamServer, sse } from "@ssekit/hono";
import { type Context, Hono } from "hono";

/** An adapter of Hono on a server of any runtime, which `serve` starts. */
export function honoAdapter(name: string, serve: (fetch: Hono["fetch"]) => Promise<Listening>): Adapter {
  return {
    name,
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
      return Object.assign(await serve(app.fetch), { events, errors });
    },
  };
}

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
