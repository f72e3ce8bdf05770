import type { Skip } from "@ssekit/conformance";
import { runtime } from "./runtime.js";

const PIPELINED = [
  "a request behind an event stream is refused and takes no slot of maxStreams",
  "a request behind an event stream that is itself waiting is refused too",
  "a stream opens normally when the response before it is complete",
  "a waiting stream closes when its client leaves",
];
const NOT_READING =
  "P8: events.close() disconnects a client that does not read when the grace period is over";

const SKIPS: readonly Skip[] = [
  ...PIPELINED.map((test) => ({
    runtime: "Bun",
    test: `pipelined requests on one connection: ${test}`,
    reason:
      "A second request that arrives before the response to the first is complete breaks the first one off",
  })),
  {
    runtime: "Bun",
    test: "P14: on the wire, a response that is cut is not reset in HTTP/1.1, because a reset may drop bytes that the client has not read",
    reason:
      "The server resets the connection of a body that fails. ssekit waits 50 ms before, so that what was sent arrives",
  },
  {
    runtime: "Bun",
    test: "P2: what was sent is read back identically by undici 7",
    reason: "Bun replaces the package `undici` with a module of its own, whose EventSource does nothing",
  },
  {
    runtime: "Bun",
    test: NOT_READING,
    reason: "events.close() ends in time, but the server closes the connection only after its idleTimeout",
  },
  ...PIPELINED.map((test) => ({
    runtime: "Deno",
    test: `pipelined requests on one connection: ${test}`,
    reason: "The server takes a request only when the response before it is complete",
  })),
  ...["where closing the connection would mean a complete response", "also when the client is too slow"].map(
    (test) => ({
      runtime: "Deno",
      test: `ends with a TCP reset in HTTP/1.0${test.startsWith("also") ? "" : ","} ${test}`,
      reason:
        "The server cannot reset a connection, so that an HTTP/1.0 client takes the response for complete",
    }),
  ),
  {
    runtime: "Deno",
    // Seen in every third run on a busy machine: `signal.aborted` is true, and the upstream's connection stays open.
    test: "P10: when the client leaves 'in the middle of an event', a fetch with the source's signal ends",
    reason: "The signal aborts at once, but Deno's fetch sometimes keeps the connection of a large response",
  },
  {
    runtime: "Deno",
    test: NOT_READING,
    reason:
      "events.close() ends in time, but the server keeps the connection until the client reads or leaves",
  },
];

/** The tests of the adapter contract that cannot hold on this runtime. */
export const skip = SKIPS.filter((each) => each.runtime === runtime);
