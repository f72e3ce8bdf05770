import { SseError } from "@ssekit/core";
import { describe } from "@ssekit/core/adapter";
import { openBytes, type ByteSource } from "./byte-source.js";
import { findRefusal, refusedSource } from "./refusal.js";

/** What `relay` reads: a `Response` of `fetch`, a web stream of bytes, or an async iterable such as a Node `IncomingMessage`. */
export type Upstream = Response | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Makes a `ByteSource` of an upstream. If it is a `Response` without an event stream, the first `read` rejects.
 *
 * @throws {SseError} `ERR_SSE_INVALID_SOURCE`
 */
export function openUpstream(upstream: Upstream): ByteSource {
  const response = isResponse(upstream) ? upstream : undefined;
  // A body that was read in part may be unlocked again. Only `bodyUsed` shows it.
  const source = response?.bodyUsed ? undefined : openBytes(response ? response.body : upstream);
  const refusal = response && response.body !== undefined ? findRefusal(response) : undefined;
  if (refusal !== undefined) return refusedSource(refusal, source);
  if (source !== undefined) return source;
  const expected =
    "a Response with a body, a ReadableStream or an async iterable of bytes, not yet read or locked";
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

/** Cancels the body of a promised response: nobody will read it, and the provider would charge for the answer. */
function letGo(promise: PromiseLike<unknown>): void {
  promise.then(
    (response) => (response as Partial<Response> | undefined)?.body?.cancel?.().catch(() => {}),
    () => {}, // the caller gets the error about the promise
  );
}

// Not instanceof, because a program may have several implementations of fetch.
function isResponse(value: unknown): value is Response {
  const { status, headers } = (value ?? {}) as Partial<Response>;
  return typeof status === "number" && typeof headers?.get === "function";
}

function describeBody(response: Response): string {
  if (response.body === undefined) return "a response without body, as of axios; relay(response.data)";
  return response.body === null ? "a Response without a body" : "a Response whose body is already read";
}
