import type { IncomingMessage, ServerResponse } from "node:http";

/** The app that the snippets of the README test. */
export function app(request: IncomingMessage, response: ServerResponse): void {
  const next = Number(request.headers["last-event-id"] ?? 0) + 1;
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const id of [next, next + 1]) response.write(`event: tick\nid: ${id}\ndata: now\n\n`);
}
