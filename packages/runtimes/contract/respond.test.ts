import { adapterContract, type Route } from "@ssekit/conformance";
import { EventStreamServer } from "@ssekit/core";
import { runtime, serve } from "./runtime.js";
import { skip } from "./skips.js";

adapterContract({
  name: `respond on ${runtime}`,
  http: 1,
  returnsResponse: true,
  headersByOption: true,
  skip,
  async start(routes, options) {
    const events = new EventStreamServer(options);
    const errors: unknown[] = [];
    const listening = await serve(async (request) => {
      const route = routes.find(({ path }) => path === new URL(request.url).pathname);
      if (route === undefined) return new Response(null, { status: 404 });
      try {
        return await answer(route, request, events, errors);
      } catch (error) {
        errors.push(error);
        return new Response("sorry", { status: (error as { status?: number }).status ?? 500 });
      }
    });
    return Object.assign(listening, { events, errors });
  },
});

async function answer(
  { before, headers = {}, misuse, again, source, options, onStream }: Route,
  request: Request,
  events: EventStreamServer,
  errors: unknown[],
): Promise<Response> {
  await before?.();
  const given = { ...options, headers: { ...headers, ...options?.headers } };
  // Only a function gets the stream.
  const response = await events.respond(
    request,
    onStream === undefined
      ? source
      : (stream) => {
          onStream(stream);
          return typeof source === "function" ? source(stream) : source;
        },
    given,
  );
  if (misuse === "open twice")
    await events.respond(request, again).catch((error: unknown) => errors.push(error));
  return response;
}
