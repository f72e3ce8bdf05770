import type { Route } from "@ssekit/conformance";
import { type EventStreamServer, type NodeRequest, type NodeResponse, open } from "@ssekit/node";

/** Makes a request listener of Node's servers from the routes of the adapter contract. */
export function nodeListener(routes: readonly Route[], server: EventStreamServer, errors: unknown[]) {
  return (req: NodeRequest, res: NodeResponse): void => {
    const route = routes.find(({ path }) => path === req.url?.split("?")[0]);
    const fail = (error: unknown): void => {
      errors.push(error);
      if (res.headersSent) return;
      res.statusCode = (error as { status?: number }).status ?? 500;
      res.end("sorry");
    };
    async function answer({
      before,
      headers = {},
      misuse,
      again,
      source,
      options,
      onStream,
    }: Route): Promise<void> {
      if (before) await before();
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
      if (misuse === "open after the answer") res.end("done");
      const stream = open(req, res, { ...options, server, fail, ...(source !== undefined && { source }) });
      onStream?.(stream);
      if (misuse === "open twice") open(req, res, { server, ...(again && { source: again }) });
    }
    if (route === undefined) res.writeHead(404).end();
    else answer(route).catch(fail);
  };
}
