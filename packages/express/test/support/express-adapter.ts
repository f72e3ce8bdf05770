import { createServer } from "node:http";
import { type Adapter, listen, type Route } from "@ssekit/conformance";
import { EventStreamServer, sse } from "@ssekit/express";
import type express from "express";
import type { ErrorRequestHandler, RequestHandler } from "express";

/** Makes the adapter contract's view of an Express app. */
export function expressAdapter(name: string, create: typeof express): Adapter {
  return {
    name,
    http: 1,
    async start(routes, options) {
      const events = new EventStreamServer(options);
      const errors: unknown[] = [];
      const handleError: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
        errors.push(error);
        if (!res.headersSent) res.status((error as { status?: number }).status ?? 500).send("sorry");
      };
      const app = create().use(sse(events));
      for (const route of routes) app.all(route.path, answer(route));
      app.use(handleError);
      return Object.assign(await listen(createServer(app)), { events, errors });
    },
  };
}

function answer({ before, headers = {}, misuse, again, source, options, onStream }: Route): RequestHandler {
  return (_req, res, next) => {
    const open = (): void => {
      res.set(headers);
      if (misuse === "open after the answer") res.send("done");
      const stream = res.sse(source, options);
      onStream?.(stream);
      if (misuse === "open twice") res.sse(again);
    };
    if (before) before().then(open).catch(next);
    else open();
  };
}
