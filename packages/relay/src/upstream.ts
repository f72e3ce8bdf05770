import { SseError } from "@ssekit/core";
import { describe } from "@ssekit/core/adapter";
import { openBytes, type ByteSource } from "./byte-source.js";
import { findRefusal, refusedSource } from "./refusal.js";

/** Where an event stream comes from: an answer of `fetch`, a web stream, or a Node `IncomingMessage`. */
export type Upstream = Response | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Takes hold of an upstream. A `Response` that is not an event stream is taken too; reading it tells what it is.
 *
 * @throws {SseError} `ERR_SSE_INVALID_SOURCE`
 */
export function openUpstream(upstream: Upstream): ByteSource {
  const response = isResponse(upstream) ? upstream : undefined;
  // A body may be read in part and be unlocked again; only the response knows.
  const source = response?.bodyUsed ? undefined : openBytes(response ? response.body : upstream);
  const refusal = response && findRefusal(response);
  if (refusal !== undefined) return refusedSource(refusal, source);
  if (source !== undefined) return source;
  throw new SseError(
    "ERR_SSE_INVALID_SOURCE",
    "upstream: expected a Response with a body, a ReadableStream or an async iterable of bytes, that nobody has read, " +
      `got ${response ? describeBody(response) : describe(upstream)}`,
  );
}

// Not instanceof: there may be several fetch implementations in a program.
function isResponse(value: unknown): value is Response {
  const { status, headers } = (value ?? {}) as Partial<Response>;
  return typeof status === "number" && typeof headers?.get === "function";
}

function describeBody(response: Response): string {
  return response.body === null ? "a Response without a body" : "a Response whose body is already read";
}
