import type { Exchange, HeaderChanges } from "./exchange.js";

/** The headers of a stream: the app's own stay, but what would break an event stream. */
export function streamHeaders(exchange: Exchange, own: Record<string, string>): HeaderChanges {
  const type = exchange.responseHeader("content-type");
  return {
    "content-type": type?.startsWith("text/event-stream") ? type : "text/event-stream",
    // no-transform: what compresses or rewrites a response collects it first
    "cache-control": exchange.responseHeader("cache-control") ?? "no-cache, no-transform",
    "x-accel-buffering": exchange.responseHeader("x-accel-buffering") ?? "no", // nginx
    "content-length": null,
    "content-encoding": null,
    ...own,
  };
}

/** A stream that is finished. EventSource stops on it; a proxy that kept it would lock others out. */
export function finishedHeaders(own: Record<string, string>): HeaderChanges {
  return { ...own, "cache-control": "no-store", "content-type": null, "content-length": null };
}

/** A request that is to come again, as a stream: EventSource gives up on any status but 200. */
export function retryHeaders(own: Record<string, string>): HeaderChanges {
  return {
    ...own, // with those of CORS, without which EventSource gives up too
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "content-length": null,
    connection: "close",
  };
}

/** The same for clients that are not EventSource. */
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
