import { checkOptions, hasMethods, type Check } from "../check-options.js";
import { SseError } from "../sse-error.js";
import { EventStreamServer } from "./event-stream-server.js";
import { SERVER_CHECKS, type EventStreamOptions } from "./options.js";

/** An `EventStreamServer` of this or another copy of the package. */
export const SERVER: Check = ["an EventStreamServer", (value) => hasMethods(value, "open", "respond")];

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
  if (SERVER[1](given)) return given as EventStreamServer;
  if (given !== undefined) checkOptions("sse", given, SERVER_CHECKS);
  return new EventStreamServer(given as EventStreamOptions);
}
