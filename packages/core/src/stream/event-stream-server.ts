import { BOOLEAN, checkOptions, invalidOption, MS_FROM_0, type Check } from "../check-options.js";
import { encode } from "../format/encode.js";
import type { CloseReason, EventStream, Source } from "./event-stream.js";
import type { Exchange } from "./exchange.js";
import { FrameMaker } from "../format/frame.js";
import { HeartbeatScheduler } from "./heartbeat-scheduler.js";
import { readLastEventId, type RequestedId } from "./last-event-id.js";
import {
  resolveOptions,
  type EventStreamOptions,
  type ItemOptions,
  type ResolvedOptions,
} from "./options.js";
import {
  acceptsEventStream,
  finishedHeaders,
  retryHeaders,
  streamHeaders,
  unavailableHeaders,
} from "./response-headers.js";
import { OpenStream } from "./open-stream.js";
import { startStream } from "./send-source.js";
import { checkSource, returnSource } from "./source.js";
import { SseError } from "../sse-error.js";
import type { StreamHost } from "./stream-life.js";
import { PORT } from "./stream-port.js";
import { turnBudget } from "./turn-budget.js";
import { WebExchange } from "./web-exchange.js";

/** How a server shuts down. */
export interface DrainOptions {
  /** Milliseconds until streams that have not closed are cut. Default 10 000. */
  grace?: number;
  /** The window, in milliseconds, over which clients are told to come back. Default `[1_000, 10_000]`. */
  retry?: [min: number, max: number];
  /**
   * Streams that are sending a source may go on until it is exhausted or `grace` is over; all others are closed at
   * once. Default `false`.
   */
  finishSources?: boolean;
}

const GRACE = 10_000;
const RETRY_WINDOW: [number, number] = [1_000, 10_000];
const DRAIN_CHECKS: { readonly [Name in keyof Required<DrainOptions>]: Check } = {
  grace: MS_FROM_0,
  retry: ["[min, max] in milliseconds, min up to max", isWindow],
  finishSources: BOOLEAN,
};
// Streams that are closed in one turn at most: their connections close after it, which takes time that is not counted.
const MAX_DRAINED_PER_TURN = 200;

/**
 * The options, open streams, heartbeat and shutdown of one app. An interface and a constructor, so that the servers
 * of an ESM and a CommonJS copy of this package are of one type.
 */
export interface EventStreamServer {
  /** The streams that are open, or about to. */
  readonly streams: ReadonlySet<EventStream>;

  /**
   * Answers a request with an event stream, for frameworks and runtimes that take a `Response`. To send as things
   * happen, pass a function of the stream.
   *
   * @returns the response when its head is decided: at once, or with the source's first item.
   * @throws what the source throws before its first item, as a rejection.
   */
  respond(request: Request, source?: Source, options?: EventStreamOptions): Promise<Response>;
  /** The same for a source whose items are made into messages by `toMessage`. */
  respond<T>(request: Request, source: Source<T>, options: ItemOptions<T>): Promise<Response>;

  /**
   * Drains the server, for good: takes no more streams, tells the clients of the open ones when to come back, closes
   * them, and cuts those that are not closed within the grace period.
   *
   * @throws {SseError} `ERR_SSE_INVALID_OPTION`, as a rejection.
   */
  close(options?: DrainOptions): Promise<void>;

  /**
   * Opens a stream on an exchange: the seam for adapters.
   *
   * @returns the stream; one that is closed already if the request was answered otherwise.
   * @throws {SseError} `ERR_SSE_INVALID_SOURCE`, `ERR_SSE_INVALID_OPTION`, `ERR_SSE_HEADERS_SENT`
   */
  open(exchange: Exchange, source?: Source, options?: EventStreamOptions): EventStream;
}

class Server implements EventStreamServer {
  readonly #options: ResolvedOptions;
  readonly #streams = new Set<OpenStream>();
  readonly #host: StreamHost;
  #retryWindow = RETRY_WINDOW;
  #draining: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options?: EventStreamOptions) {
    this.#options = resolveOptions("EventStreamServer", options);
    this.#host = {
      scheduler: new HeartbeatScheduler(),
      frames: new FrameMaker(),
      ownTimer: false,
      refuse: (exchange, headers) => this.#refuse(exchange, headers),
      streamClosed: (stream) => {
        this.#streams.delete(stream as OpenStream);
        if (this.#streams.size === 0) this.#onEmpty?.();
      },
    };
  }

  get streams(): ReadonlySet<EventStream> {
    return this.#streams;
  }

  respond(request: Request, source?: Source, options?: EventStreamOptions): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (typeof request?.headers?.get !== "function") {
        returnSource(source);
        throw invalidOption("respond", "a Request", request);
      }
      this.open(new WebExchange(request, resolve, reject), source, options, "respond");
    });
  }

  /** @param what the function that the app has called, for messages: `sse` in all adapters. */
  open(exchange: Exchange, source?: Source, options?: EventStreamOptions, what = "sse"): EventStream {
    try {
      return this.#open(what, exchange, source, options);
    } catch (error) {
      returnSource(source);
      throw error;
    }
  }

  #open(what: string, exchange: Exchange, source?: Source, options?: EventStreamOptions): EventStream {
    checkSource(source);
    const resolved = resolveOptions(what, options, this.#options);
    const requested = readLastEventId(exchange);
    const host = exchange.ownTimer
      ? { ...this.#host, ownTimer: true, scheduler: new HeartbeatScheduler() }
      : this.#host;
    const stream = new OpenStream(exchange, requested, resolved, host);
    const { life } = stream[PORT]();
    const answered = this.#answer(exchange, resolved, requested);
    if (answered === undefined) {
      this.#streams.add(stream);
      startStream(stream, stream[PORT](), source);
    } else {
      life.refused(answered);
      returnSource(source, (error) => life.hooks.reportLate(error));
    }
    return stream;
  }

  /** Answers a request that gets no stream, and says why it gets none. */
  #answer(exchange: Exchange, options: ResolvedOptions, requested: RequestedId): CloseReason | undefined {
    if (exchange.gone) return "client";
    if (exchange.headSent) {
      throw new SseError(
        "ERR_SSE_HEADERS_SENT",
        "The event stream cannot open: the response has been sent already. Open it before anything is written",
      );
    }
    if (requested.ended || (options.once && requested.reconnect)) {
      exchange.reply(204, finishedHeaders(options.headers));
      return "ended";
    }
    const isFull = this.#streams.size >= options.maxStreams;
    if (this.#draining !== undefined || isFull || exchange.isBehindStream) {
      this.#refuse(exchange, options.headers);
      return this.#draining === undefined ? "refused" : "draining";
    }
    if (exchange.method === "HEAD") {
      exchange.reply(200, streamHeaders(exchange, options.headers));
      return "ended";
    }
    return undefined;
  }

  #refuse(exchange: Exchange, headers: Record<string, string>): void {
    const retry = within(this.#retryWindow);
    if (this.#options.refuse === "retry" && exchange.method === "GET" && acceptsEventStream(exchange)) {
      exchange.reply(200, retryHeaders(headers), encode({ retry }));
    } else {
      exchange.reply(503, unavailableHeaders(headers, retry), "No event stream can be opened now.\n");
    }
  }

  async close(options: DrainOptions = {}): Promise<void> {
    checkOptions("close", options, DRAIN_CHECKS);
    const { grace = GRACE, retry = RETRY_WINDOW, finishSources = false } = options;
    this.#retryWindow = retry;
    // Refuses from here on, and only then starts to close streams, whose listeners may open others.
    await (this.#draining ??= Promise.resolve().then(() => this.#drain(grace, finishSources)));
  }

  async #drain(grace: number, finishSources: boolean): Promise<void> {
    if (this.#streams.size === 0) return;
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    const cut = setTimeout(() => {
      for (const stream of this.#streams) stream[PORT]().life.abort("draining");
    }, grace);
    const budget = turnBudget();
    let drained = 0;
    for (const stream of [...this.#streams]) {
      if (budget.isSpent || drained++ === MAX_DRAINED_PER_TURN) {
        drained = 1;
        await new Promise<void>((turn) => budget.defer(turn));
      }
      stream[PORT]().drain(within(this.#retryWindow), finishSources);
    }
    await empty;
    clearTimeout(cut);
  }
}

/** @throws {SseError} `ERR_SSE_INVALID_OPTION` */
export const EventStreamServer: new (options?: EventStreamOptions) => EventStreamServer = Server;

function within([min, max]: [number, number]): number {
  return Math.round(min + Math.random() * (max - min));
}

function isWindow(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(MS_FROM_0[1]) && value[0] <= value[1];
}
