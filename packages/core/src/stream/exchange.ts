import type { Sink, SinkOwner } from "./sink.js";
import type { RequestContext } from "./worker-request.js";

/** The changes to the headers of a response: a string sets one, and `null` removes it. Names are in lower case. */
export type HeaderChanges = Record<string, string | null>;

/** Options of a stream that are a matter of its transport. */
export interface BeginOptions {
  /** Whether the transport may write past the framework where that is safe. */
  readonly directWrites: boolean;
}

/**
 * One request and its response, as an adapter presents them to an `EventStreamServer`.
 *
 * The server calls exactly one of `begin`, `reply` and `fail`, once. Until then the exchange must not change the
 * response.
 */
export interface Exchange {
  /** The request's method, such as `GET`. */
  readonly method: string;
  /** The path and query of the request, or its absolute URL. */
  readonly url: string;
  /** Whether the client left before the stream could open. */
  readonly gone: boolean;
  /** The context of the request, if a timer belongs to one request, as in a Worker, so that streams cannot share one. */
  readonly context?: RequestContext | undefined;
  /** Whether the head of the response has been sent, by the app or by `begin`. */
  readonly headSent: boolean;
  /** Whether the response waits on its connection behind that of an event stream, which may never end. */
  readonly isBehindStream?: boolean;
  /** Returns a request header by its lower-case name. */
  requestHeader(name: string): string | undefined;
  /** Returns a header that the app has set on the response, by its lower-case name. */
  responseHeader(name: string): string | undefined;
  /** Starts to tell the owner when the client leaves. The server calls it once, before `begin`. */
  watch(owner: SinkOwner): void;
  /** Commits a head of status 200, and returns the sink of the body. */
  begin(headers: HeaderChanges, options: BeginOptions): Sink;
  /** Sends a whole response. `connection: close` is left out where the protocol has none. */
  reply(status: number, headers: HeaderChanges, body?: string): void;
  /** Hands an error that came before the head to the framework, as an error of the app's handler. */
  fail(error: unknown): void;
}
