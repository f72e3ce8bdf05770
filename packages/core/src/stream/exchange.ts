import type { Sink, SinkOwner } from "./sink.js";

/** Response headers to set; `null` removes one that is there. Names are in lower case. */
export type HeaderChanges = Record<string, string | null>;

/** Options of a stream that are a matter of its transport. */
export interface BeginOptions {
  /** Whether the transport may write past the framework where that is safe. */
  readonly directWrites: boolean;
}

/**
 * One request and its response, as an adapter presents them to an `EventStreamServer`. Nothing of the response is
 * touched before `begin`, `reply` or `fail`, of which exactly one is called, once.
 */
export interface Exchange {
  readonly method: string;
  /** Path and query, or an absolute URL. */
  readonly url: string;
  /** The client was gone before the stream could open. */
  readonly gone: boolean;
  /** Timers belong to their request here, as in a Worker: the stream cannot share one with others. */
  readonly ownTimer?: boolean;
  /** The response's head has been sent by somebody else. */
  readonly headSent: boolean;
  /** The response waits on its connection behind an event stream, which may never end. */
  readonly isBehindStream?: boolean;
  /** A request header by its lower-case name. */
  requestHeader(name: string): string | undefined;
  /** A header that the app has set on the response, by its lower-case name. */
  responseHeader(name: string): string | undefined;
  /** Tells the owner from now on when the client leaves, also before `begin`. Called once, before `begin`. */
  watch(owner: SinkOwner): void;
  /** Commits a head of status 200, and gives what takes the body. */
  begin(headers: HeaderChanges, options: BeginOptions): Sink;
  /** Sends a whole response. `connection: close` is left out where the protocol has none. */
  reply(status: number, headers: HeaderChanges, body?: string): void;
  /** An error before the head: hands it to the framework, as an error of the handler. */
  fail(error: unknown): void;
}
