/**
 * Calls the listener before `ctx.body` is set to something that is no stream: the answer to an error, say. A stream is
 * taken for what wraps the first one, such as compression.
 *
 * @param response a Koa response, whose prototype has the accessor `body`.
 */
export function onReplacedBody(response: { body?: unknown }, replaced: () => void): void {
  const prototype = Object.getPrototypeOf(response) as object;
  Object.defineProperty(response, "body", {
    configurable: true,
    get: () => Reflect.get(prototype, "body", response),
    set(body: unknown) {
      delete response.body; // the prototype's is there again
      if (!isStream(body)) replaced();
      response.body = body;
    },
  });
}

function isStream(body: unknown): boolean {
  const { pipe, getReader } = (body ?? {}) as { pipe?: unknown; getReader?: unknown };
  return typeof pipe === "function" || typeof getReader === "function";
}
