import type { EventStream, EventStreamOptions, EventStreamServer, Source } from "@ssekit/core";
import type { Listening } from "./support/listen.js";

/** What the app does for requests to one path, with any method. */
export interface Route {
  path: string;
  source?: Source;
  options?: EventStreamOptions;
  /** Headers that the app sets on the response before it opens the stream. */
  headers?: Record<string, string>;
  /** The app awaits this before it opens the stream. */
  before?(): Promise<unknown>;
  /**
   * Is called with the stream as soon as it is opened. If a framework gives the stream only to a source function, the
   * adapter passes a function that calls this and returns nothing.
   */
  onStream?(stream: EventStream): void;
  /**
   * Makes the app open the stream a second time, or after the response was sent. Both throw; the error is in `errors`.
   */
  misuse?: "open twice" | "open after the answer";
  /** The source for opening the stream the second time. */
  again?: Source;
}

/** An app that runs on a real server. */
export interface App extends Listening {
  readonly events: EventStreamServer;
  /** The errors that reached the framework's error handler. It responds with the `status` of the error, or 500. */
  readonly errors: readonly unknown[];
}

/** A test that cannot hold on a runtime. The matrix in the README shows the reason. */
export interface Skip {
  runtime: string;
  /** The name of the test, or how the name of it and of its groups ends. */
  test: string;
  /** What the runtime does instead, as a sentence without its final stop. */
  reason: string;
}

/** An adapter under test: one framework on one kind of server. */
export interface Adapter {
  name: string;
  http: 1 | 2;
  /** True if handlers return a `Response`, so that a stream cannot be opened after the response was sent. */
  returnsResponse?: boolean;
  /** True if an app can set headers by the option `headers` only. */
  headersByOption?: boolean;
  /** Number of runs of each property test. @default 100 */
  runs?: number;
  /** A `fetch` that supports the protocol of the server. Default: the global `fetch`. */
  fetch?: typeof fetch;
  /** Tests that are skipped. A skip that names no test of the contract is an error. */
  skip?: readonly Skip[];
  /** Starts a server with these routes on a free port of the loopback interface. */
  start(routes: readonly Route[], options: EventStreamOptions): Promise<App>;
}
