import { listen, openRoute, type Adapter, type Route } from "@ssekit/conformance";
import { EventStreamServer, sse, type EventStreamOptions } from "@ssekit/fastify";
import type { FastifyInstance, FastifyReply } from "fastify";

/**
 * Makes the adapter contract's view of a Fastify app.
 *
 * @param create makes the app, before the plugin is registered.
 * @param defaults the options for a test of the contract that names none.
 */
export function fastifyAdapter(
  name: string,
  create: () => FastifyInstance | Promise<FastifyInstance>,
  defaults: EventStreamOptions = {},
  http2?: Pick<Adapter, "fetch" | "skip">,
): Adapter {
  return {
    name,
    http: http2 === undefined ? 1 : 2,
    ...http2,
    async start(routes, options) {
      const events = new EventStreamServer({ ...defaults, ...options });
      const errors: unknown[] = [];
      const app = await create();
      await app.register(sse, { server: events });
      app.setErrorHandler((error, _request, reply) => {
        errors.push(error);
        return reply.code((error as { status?: number }).status ?? 500).send("sorry");
      });
      app.removeAllContentTypeParsers();
      app.addContentTypeParser("*", (_request, _payload, done) => done(null)); // which leaves the body unread
      for (const route of routes) {
        app.all(route.path, (_request, reply) =>
          answer(route, reply, errors).catch((error: unknown) => {
            if (reply.sent) errors.push(error); // Fastify only logs an error that comes after the answer
            throw error;
          }),
        );
      }
      await app.ready();
      const listening = await listen(app.server, http2 === undefined ? "http" : "https");
      return Object.assign(listening, { events, errors });
    },
  };
}

async function answer(route: Route, reply: FastifyReply, errors: unknown[]): Promise<void> {
  await route.before?.();
  reply.headers(route.headers ?? {});
  if (route.misuse === "open after the answer") reply.send("done");
  await openRoute(route, (...given) => reply.sse(...given), errors);
}
