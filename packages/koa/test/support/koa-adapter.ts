import { createServer } from "node:http";
import { type Adapter, listen, type Route, openRoute } from "@ssekit/conformance";
import { EventStreamServer, sse, type EventStreamOptions } from "@ssekit/koa";
import type Koa from "koa";

/**
 * Makes the adapter contract's view of a Koa app.
 *
 * @param defaults the options for a test of the contract that names none.
 */
export function koaAdapter(name: string, create: typeof Koa, defaults: EventStreamOptions = {}): Adapter {
  return {
    name,
    http: 1,
    async start(routes, options) {
      const events = new EventStreamServer({ ...defaults, ...options });
      const errors: unknown[] = [];
      const app = new create();
      app.on("error", (error) => errors.push(error)); // a client that leaves must not be reported here
      app.use(async (ctx, next) => {
        try {
          await next();
        } catch (error) {
          errors.push(error);
          ctx.status = (error as { status?: number }).status ?? 500;
          ctx.body = "sorry";
        }
      });
      app.use(sse(events));
      for (const route of routes)
        app.use((ctx, next) => (ctx.path === route.path ? answer(route, ctx, errors) : next()));
      return Object.assign(await listen(createServer(app.callback())), { events, errors });
    },
  };
}

async function answer(route: Route, ctx: Koa.Context, errors: unknown[]) {
  await route.before?.();
  ctx.set(route.headers ?? {});
  if (route.misuse === "open after the answer") ctx.res.end("done");
  await openRoute(route, (...given) => ctx.sse(...given), errors);
}
