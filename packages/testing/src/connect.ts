import { SseError } from "@ssekit/core";
import { describe } from "@ssekit/core/adapter";
import type { Disconnect, Receiver } from "./connection.js";
import {
  connectNodeResponse,
  connectSupertest,
  type NodeResponse,
  type SupertestRequest,
} from "./node-connection.js";
import { connectResponse, connectStream } from "./web-connection.js";

/** What `readEvents` reads that is open already. */
type Open = Response | ReadableStream<Uint8Array> | NodeResponse;

/**
 * What `readEvents` reads: a `Response` or a promise of one, a supertest request, a Node response, or a stream of bytes.
 *
 * Do not await a supertest request before: `readEvents` sends it.
 */
export type EventsFrom = Open | PromiseLike<Open> | SupertestRequest;

/**
 * Starts to read, and passes what it reads to the receiver.
 *
 * @throws {SseError} `ERR_SSE_INVALID_SOURCE`
 */
export function connect(from: unknown, receiver: Receiver): Disconnect {
  // Checked before promises, because a supertest request is a thenable too. Awaiting it would wait for the stream's end.
  if (has(from, "buffer", "parse", "end")) return connectSupertest(from as SupertestRequest, receiver);
  if (has(from, "then")) return connectPromised(from as PromiseLike<unknown>, receiver);
  if (isStream(from) && !from.locked) {
    receiver.open();
    return connectStream(from, receiver);
  }
  if (isResponse(from) && !from.bodyUsed && !from.body?.locked) return connectResponse(from, receiver);
  if (isNodeResponse(from)) return connectNodeResponse(from, receiver);
  throw new SseError(
    "ERR_SSE_INVALID_SOURCE",
    "from: expected a Response, a supertest request, a Node response or a ReadableStream, not yet read or locked, " +
      `got ${describe(from)}${advice(from)}`,
  );
}

function advice(from: unknown): string {
  if (typeof from === "string" || from instanceof URL) return "; use fetch(url)";
  return typeof from === "function" ? "; with supertest use request(app).get(path)" : "";
}

function connectPromised(promise: PromiseLike<unknown>, receiver: Receiver): Disconnect {
  let left = false;
  let disconnect: Disconnect | undefined;
  const connected = (from: unknown): void => {
    disconnect = connect(from, receiver);
    if (left) void disconnect();
  };
  promise.then(connected).then(undefined, (error: unknown) => receiver.fail(error));
  return () => {
    left = true;
    return disconnect?.();
  };
}

function has(value: unknown, ...methods: string[]): value is object {
  if (typeof value !== "object" || value === null) return false;
  return methods.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}

function isStream(value: unknown): value is ReadableStream<Uint8Array> {
  return has(value, "getReader");
}

function isNodeResponse(value: unknown): value is NodeResponse {
  return has(value, "on", "destroy") && "readableEnded" in value;
}

// Not instanceof, because a program may have several implementations of fetch.
function isResponse(value: unknown): value is Response {
  const { status, headers } = (value ?? {}) as Partial<Response>;
  return typeof status === "number" && typeof headers?.get === "function";
}
