import { BOOLEAN, checkOptions, invalidOption, MS_FROM_0, type Check } from "../check-options.js";
import { encode } from "../format/encode.js";
import type { CloseReason, EventStream, MessageSource, Source } from "./event-stream.js";
import type { Exchange } from "./exchange.js";
import { FlushTurn } from "./flush-turn.js";
import { FrameMaker } from "../format/frame.js";
import { HeartbeatScheduler } from "./heartbeat-scheduler.js";
import { readLastEventId, type RequestedId } from "./last-event-id.js";
import {
  limitHeartbeat,
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
import { TurnBudget, turnBudget } from "./turn-budget.js";
import { WebExchange } from "./web-exchange.js";
import { untilOver, workerGlobals } from "./worker-request.js";

/**
 * How a server shuts down.
 *
 * @example
 * await server.close({ grace: 30_000, finishSources: true });
 */
export interface DrainOptions {
  /**
   * Milliseconds after which streams that have not closed by themselves are cut off.
   *
   * @default 10_000
   */
  grace?: number;
  /**
   * The shortest and the longest reconnection time, in milliseconds, that a client is told. Each client gets a random
   * one between them, so that not all reconnect at once.
   *
   * @default [1_000, 10_000]
   */
  retry?: [min: number, max: number];
  /**
   * Whether a stream that is sending a source stays open until the source is exhausted or `grace` is over. All other
   * streams are closed at once.
   *
   * @default false
   */
  finishSources?: boolean;
}

const GRACE = 10_000;
const RETRY_WINDOW: [number, number] = [1_000, 10_000];
/** The checks of the options of `close`. */
export const DRAIN_CHECKS: { readonly [Name in keyof Required<DrainOptions>]: Check } = {
  grace: MS_FROM_0,
  retry: ["[min, max] in milliseconds, min up to max", isWindow],
  finishSources: BOOLEAN,
};
// How many streams are closed in one turn at most. Their connections close after the turn, and the budget cannot count
// that time.
const MAX_DRAINED_PER_TURN = 200;

/**
 * The options, open streams, heartbeat and shutdown of one app.
 *
 * It is an interface with a constructor, and not a class, so that the servers of an ESM and a CommonJS copy of this
 * package have the same type.
 */
export interface EventStreamServer {
  /** The streams that are open or waiting for the first item of their source. */
  readonly streams: ReadonlySet<EventStream>;

  /**
   * Answers a request with an event stream, for frameworks and runtimes that take a `Response`.
   *
   * @param source what to send. To send things as they happen, pass a function of the stream.
   * @returns the response, when its head is decided: at once, or with the first item of the source.
   * @throws what the source throws before its first item, as a rejection. {@link SseError} `ERR_SSE_ALREADY_OPEN`,
   *   `ERR_SSE_INVALID_SOURCE`, `ERR_SSE_INVALID_OPTION`.
   * @example
   * export const GET = (request: Request) => server.respond(request, (stream) => prices.subscribe(stream));
   */
  respond<Events = any>(
    request: Request,
    source?: MessageSource<Events>,
    options?: EventStreamOptions,
  ): Promise<Response>;
  /**
   * Answers a request with the items of a source, each of which `toMessage` makes into a message.
   *
   * @example
   * server.respond(request, tokens, { toMessage: (token) => ({ event: "token", data: token }) });
   */
  respond<T>(request: Request, source: Source<T>, options: ItemOptions<T>): Promise<Response>;

  /**
   * Shuts the server down: it refuses further streams, closes the open ones, and cuts off those that are still open
   * after `grace`.
   *
   * The clients come back by themselves, because EventSource reconnects. Each is told to do so after a random time
   * within `retry`, so that the next process or another node is not stormed. To finish a stream for good, so that its
   * client does not come back, call `stream.end()` before.
   *
   * @returns when all streams have closed. Close the HTTP server after that.
   * @throws {SseError} `ERR_SSE_INVALID_OPTION`, as a rejection.
   * @example
   * process.on("SIGTERM", async () => {
   *   await server.close({ grace: 10_000, retry: [1_000, 10_000] });
   *   httpServer.close();
   * });
   */
  close(options?: DrainOptions): Promise<void>;

  /**
   * Opens a stream on an exchange. Adapters call it; apps call their framework's `sse()`, or `respond`.
   *
   * @returns the stream. It is closed already if the request was answered in another way, with a 204 or a refusal.
   * @throws {SseError} `ERR_SSE_INVALID_SOURCE`, `ERR_SSE_INVALID_OPTION`, `ERR_SSE_HEADERS_SENT`
   * @example
   * const stream = server.open(new WebExchange(request, resolve, reject), source, options);
   */
  open(exchange: Exchange, source?: Source, options?: EventStreamOptions): EventStream;
}

class Server implements EventStreamServer {
  readonly #options: ResolvedOptions;
  readonly #streams = new Set<OpenStream>();
  readonly #host: StreamHost;
  // The requests that `respond` has answered. A second response would be read by nobody, and its stream never close.
  readonly #responded = new WeakSet<Request>();
  #retryWindow = RETRY_WINDOW;
  #draining: Promise<void> | undefined;
  // Resolves the drain when the last stream has closed.
  #onEmpty: (() => void) | undefined;

  constructor(options?: EventStreamOptions) {
    this.#options = resolveOptions("EventStreamServer", options);
    this.#host = {
      scheduler: new HeartbeatScheduler(),
      frames: new FrameMaker(),
      turn: new FlushTurn(),
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
    try {
      this.#checkRequest(request, options?.waitUntil);
    } catch (error) {
      returnSource(source);
      return Promise.reject(error);
    }
    this.#responded.add(request);
    const response = new Promise<Response>((resolve, reject) => {
      const exchange = new WebExchange(request, resolve, reject);
      const waitUntil = options?.waitUntil;
      if (waitUntil === undefined) {
        this.open(exchange, source, options, "respond");
        return;
      }
      const { waitUntil: _, ...rest } = options!;
      const stream = this.open(exchange, source, rest, "respond");
      stream[PORT]().life.hooks.run(() => waitUntil(untilOver(stream)));
    });
    response.catch(() => this.#responded.delete(request)); // so that the app can try another source
    return response;
  }

  #checkRequest(request: unknown, waitUntil: unknown): void {
    if (typeof (request as Partial<Request> | null | undefined)?.headers?.get !== "function") {
      throw invalidOption("respond", "a Request", request);
    }
    if (waitUntil !== undefined && typeof waitUntil !== "function") {
      throw invalidOption("respond: waitUntil", "a function", waitUntil);
    }
    if (this.#responded.has(request as Request)) {
      throw new SseError(
        "ERR_SSE_ALREADY_OPEN",
        "This request has an event stream already; return its response",
      );
    }
  }

  /** @param what the function that the app has called, for messages: `sse` in all adapters. */
  open(exchange: Exchange, source?: Source, options?: EventStreamOptions, what = "sse"): OpenStream {
    try {
      return this.#open(what, exchange, source, options);
    } catch (error) {
      returnSource(source);
      throw error;
    }
  }

  #open(what: string, exchange: Exchange, source?: Source, options?: EventStreamOptions): OpenStream {
    checkSource(source);
    const { context } = exchange;
    const given = resolveOptions(what, options, this.#options);
    const resolved = context === undefined ? given : limitHeartbeat(given);
    const requested = readLastEventId(exchange);
    const host =
      context === undefined
        ? this.#host
        : { ...this.#host, context, scheduler: new HeartbeatScheduler(), turn: new FlushTurn() };
    const stream = new OpenStream(exchange, requested, resolved, host);
    const { life } = stream[PORT]();
    const answered = this.#answer(exchange, resolved, requested);
    if (answered === undefined) {
      this.#streams.add(stream);
      startStream(stream, stream[PORT](), source);
    } else {
      life.closeUnopened(answered);
      returnSource(source, (error) => life.hooks.reportLate(error));
    }
    return stream;
  }

  /** Answers a request that gets no stream, and returns the reason. `undefined`: the request gets a stream. */
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
    const retry = randomWithin(this.#retryWindow);
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
    // In a later microtask: a listener of a stream that closes may open another one, which must be refused already.
    await (this.#draining ??= Promise.resolve().then(() => this.#drain(grace, finishSources)));
  }

  async #drain(grace: number, finishSources: boolean): Promise<void> {
    if (this.#streams.size === 0) return;
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    const graceTimer = setTimeout(() => {
      for (const stream of this.#streams) stream[PORT]().life.abort("draining");
    }, grace);
    // In a Worker the timer of a shared budget could belong to a request that is over.
    const budget = workerGlobals() === undefined ? turnBudget() : new TurnBudget();
    let drainedInTurn = 0;
    for (const stream of [...this.#streams]) {
      if (budget.isSpent || drainedInTurn++ === MAX_DRAINED_PER_TURN) {
        drainedInTurn = 1;
        await new Promise<void>((turn) => budget.defer(turn));
      }
      stream[PORT]().drain(randomWithin(this.#retryWindow), finishSources);
    }
    await empty;
    clearTimeout(graceTimer);
  }
}

/**
 * Creates a server, which holds the options, open streams, heartbeat and shutdown of one app.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 * @example
 * const server = new EventStreamServer({ heartbeat: 10_000, maxStreams: 5_000 });
 */
export const EventStreamServer: new (options?: EventStreamOptions) => EventStreamServer = Server;

function randomWithin([min, max]: [number, number]): number {
  return Math.round(min + Math.random() * (max - min));
}

function isWindow(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(MS_FROM_0[1]) && value[0] <= value[1];
}
