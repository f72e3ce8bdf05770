import type { EventStream, EventStreamOptions, EventStreamServer, Source } from "@ssekit/core";
import type { Listening } from "./support/listen.js";

/** What one path of the app answers with, whatever the method of the request. */
export interface Route {
  path: string;
  source?: Source;
  options?: EventStreamOptions;
  /** Headers that the app sets on the response before it opens the stream. */
  headers?: Record<string, string>;
  /** What the app waits for before it opens the stream. */
  before?(): Promise<unknown>;
  /**
   * Gets the stream as soon as it is opened; where a framework has none without a function, through one that
   * returns nothing, whatever this returns.
   */
  onStream?(stream: EventStream): void;
  /** Opens the stream a second time, or when the response has been sent; the error that throws is one of `errors`. */
  misuse?: "open twice" | "open after the answer";
  /** The source with which it is opened the second time. */
  again?: Source;
}

/** An app that runs on a real server. */
export interface App extends Listening {
  readonly events: EventStreamServer;
  /** What reached the framework's error handler, which answers with the error's own `status`, else 500. */
  readonly errors: readonly unknown[];
}

/** A framework, as the contract sees it. */
export interface Adapter {
  name: string;
  http: 1 | 2;
  /** Handlers return a `Response`, so that none can have been sent before. */
  returnsResponse?: boolean;
  /** How many runs a property gets. Default 100. */
  runs?: number;
  /** A `fetch` that speaks the server's protocol. Default: the global one. */
  fetch?: typeof fetch;
  /** Starts a server with these routes on a free port of loopback. */
  start(routes: readonly Route[], options: EventStreamOptions): Promise<App>;
}
