import { SseError } from "../sse-error.js";
import { EventStreamServer } from "./event-stream-server.js";
import type { EventStreamOptions } from "./options.js";

/**
 * Returns the server for an adapter's `sse(given?)`: the given one, or a new one with the given options.
 *
 * @param count the number of arguments of `sse`. More than one means that a framework has called `sse` with a
 *   request.
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function serverOf(
  given: EventStreamServer | EventStreamOptions | undefined,
  count: number,
): EventStreamServer {
  if (count > 1) {
    throw new SseError(
      "ERR_SSE_INVALID_OPTION",
      "sse: expected a server, options or nothing, got a request; call it: app.use(sse())",
    );
  }
  // Not instanceof, because the server may be of another copy of this package.
  const isServer = typeof (given as Partial<EventStreamServer> | null | undefined)?.respond === "function";
  return isServer ? (given as EventStreamServer) : new EventStreamServer(given as EventStreamOptions);
}
