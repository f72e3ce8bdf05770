import { checkOptions, hasMethods, type Check } from "../check-options.js";
import { SseError } from "../sse-error.js";
import { EventStreamServer } from "./event-stream-server.js";
import { SERVER_CHECKS, type EventStreamOptions } from "./options.js";

export const SERVER: Check = ["an EventStreamServer", (value) => hasMethods(value, "open", "respond")];

/**
 * The server for an adapter's `sse(server?)`: the one that is given, or one with the options that are given.
 *
 * @param count how many arguments there were. More than one: a framework has called `sse` with a request.
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
  if (SERVER[1](given)) return given as EventStreamServer;
  if (given !== undefined) checkOptions("sse", given, SERVER_CHECKS);
  return new EventStreamServer(given as EventStreamOptions);
}
