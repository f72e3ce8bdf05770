/**
 * Calls `replaced` before `ctx.body` is set to a value that is not a stream, such as the answer to an error. If the
 * value is a stream, it is assumed to wrap the first stream, as compression does.
 *
 * @param response a Koa response. Its prototype has the accessor `body`.
 */
export function onReplacedBody(response: { body?: unknown }, replaced: () => void): void {
  const prototype = Object.getPrototypeOf(response) as object;
  Object.defineProperty(response, "body", {
    configurable: true,
    get: () => Reflect.get(prototype, "body", response),
    set(body: unknown) {
      delete response.body; // from now on the prototype's accessor is used again
      if (!isStream(body)) replaced();
      response.body = body;
    },
  });
}

function isStream(body: unknown): boolean {
  const { pipe, getReader } = (body ?? {}) as { pipe?: unknown; getReader?: unknown };
  return typeof pipe === "function" || typeof getReader === "function";
}
