import type { Exchange, HeaderChanges } from "./exchange.js";

/** The headers of a stream. Those of the app stay, except for those that would break an event stream. */
export function streamHeaders(exchange: Exchange, own: Record<string, string>): HeaderChanges {
  const type = exchange.responseHeader("content-type");
  return {
    "content-type": type?.startsWith("text/event-stream") ? type : "text/event-stream",
    // no-transform, because a proxy that compresses or rewrites a response would collect it first
    "cache-control": exchange.responseHeader("cache-control") ?? "no-cache, no-transform",
    "x-accel-buffering": exchange.responseHeader("x-accel-buffering") ?? "no", // nginx
    "content-length": null,
    "content-encoding": null,
    ...own,
  };
}

/**
 * The headers of the 204 for a finished stream. They forbid a proxy to cache it and to stop other clients with it.
 */
export function finishedHeaders(own: Record<string, string>): HeaderChanges {
  return { ...own, "cache-control": "no-store", "content-type": null, "content-length": null };
}

/** The headers of a refusal that looks like a stream. EventSource reconnects only after a status of 200. */
export function retryHeaders(own: Record<string, string>): HeaderChanges {
  return {
    ...own, // may be those of CORS, without which EventSource does not reconnect either
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "content-length": null,
    connection: "close",
  };
}

/** The headers of a refusal for clients that are not EventSource. */
export function unavailableHeaders(own: Record<string, string>, retryAfter: number): HeaderChanges {
  return {
    ...own,
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "content-length": null,
    "retry-after": String(Math.ceil(retryAfter / 1000)),
    connection: "close",
  };
}

/** Whether the client says that it reads event streams, as EventSource does. */
export function acceptsEventStream(exchange: Exchange): boolean {
  return exchange.requestHeader("accept")?.includes("text/event-stream") ?? false;
}
