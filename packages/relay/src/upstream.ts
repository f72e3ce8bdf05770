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
  const refusal = response && response.body !== undefined ? findRefusal(response) : undefined;
  if (refusal !== undefined) return refusedSource(refusal, source);
  if (source !== undefined) return source;
  const expected =
    "a Response with a body, a ReadableStream or an async iterable of bytes, that nobody has read";
  const got = response ? describeBody(response) : describeOther(upstream);
  throw new SseError("ERR_SSE_INVALID_SOURCE", `upstream: expected ${expected}, got ${got}`);
}

function describeOther(upstream: unknown): string {
  const { then, url, body, getReader } = (upstream ?? {}) as Record<string, unknown>;
  const name = describe(upstream);
  if (typeof then === "function") {
    letGo(upstream as PromiseLike<unknown>);
    return `${name}; await it first: relay(await fetch(url))`;
  }
  if (typeof upstream === "function") return `${name}; call it and relay what it returns`;
  if (typeof upstream === "string" || upstream instanceof URL) return `${name}; relay(await fetch(url))`;
  if (typeof url === "string") return `${name}; relay(await fetch(request))`;
  if (typeof getReader === "function") return `${name} that is locked or already read`;
  if (ArrayBuffer.isView(upstream)) return `${name}; relay(new Response(bytes).body)`;
  return body === undefined ? name : `${name}; relay(response.body)`;
}

/** Cancels what nobody will read. The caller's mistake must not leave a paid answer running. */
function letGo(promise: PromiseLike<unknown>): void {
  promise.then(
    (response) => (response as Partial<Response> | undefined)?.body?.cancel?.().catch(() => {}),
    () => {}, // the error that is thrown is the one to report
  );
}

// Not instanceof: there may be several fetch implementations in a program.
function isResponse(value: unknown): value is Response {
  const { status, headers } = (value ?? {}) as Partial<Response>;
  return typeof status === "number" && typeof headers?.get === "function";
}

function describeBody(response: Response): string {
  if (response.body === undefined) return "a response without body, as of axios; relay(response.data)";
  return response.body === null ? "a Response without a body" : "a Response whose body is already read";
}
