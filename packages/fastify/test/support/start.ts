import { listen, StreamReader, within, type Listening } from "@ssekit/conformance";
import { EventStreamServer, sse, type EventStreamOptions } from "@ssekit/fastify";
import fastify, { type FastifyInstance } from "fastify";
import { onTestFinished } from "vitest";

export const ACCEPT = { accept: "text/event-stream" };

type Init = Omit<RequestInit, "headers"> & { headers?: Record<string, string> };

export interface Started extends Listening {
  readonly app: FastifyInstance;
  readonly events: EventStreamServer;
  /** The errors that were passed to `onError`. */
  readonly reported: unknown[];
  /** Requests a path as EventSource does. */
  request(path?: string, init?: Init): Promise<Response>;
  /** The same for an event stream, and reads it. */
  read(path?: string, init?: Init): Promise<StreamReader>;
}

/** Starts an app with the plugin, which ends with the test. `build` adds what the test needs, and may be async. */
export async function start(
  build: (app: FastifyInstance) => unknown,
  options: EventStreamOptions = {},
  app = fastify(),
): Promise<Started> {
  const reported: unknown[] = [];
  const events = new EventStreamServer({ onError: (error) => void reported.push(error), ...options });
  await app.register(sse, { server: events });
  await build(app);
  await app.ready();
  const listening = await listen(app.server);
  onTestFinished(async () => {
    listening.cut();
    await within("app.close()", app.close());
  });
  const request = (path = "/", init: Init = {}): Promise<Response> =>
    within(path, fetch(listening.url + path, { ...init, headers: { ...ACCEPT, ...init.headers } }));
  return Object.assign(listening, {
    app,
    events,
    reported,
    request,
    read: async (path?: string, init?: Init) => new StreamReader(await request(path, init)),
  });
}
