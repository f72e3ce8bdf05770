import { CloseWatch } from "./close-watch.js";
import { encode } from "../format/encode.js";
import { createFrame, type FrameMaker } from "../format/frame.js";
import { START_ID } from "../format/reserved-ids.js";
import type { CloseReason, EventStream } from "./event-stream.js";
import type { Exchange } from "./exchange.js";
import type { FlushTurn } from "./flush-turn.js";
import { FrameWriter } from "./frame-writer.js";
import type { HeartbeatScheduler } from "./heartbeat-scheduler.js";
import { Hooks, isClientError } from "./hooks.js";
import type { ResolvedOptions } from "./options.js";
import { acceptsEventStream, streamHeaders } from "./response-headers.js";
import type { Sink, SinkOwner } from "./sink.js";
import type { PortSubscription } from "./stream-port.js";
import { StreamTime } from "./stream-time.js";
import type { RequestContext } from "./worker-request.js";

/** The things that a stream needs of the server to which it belongs. */
export interface StreamHost {
  readonly scheduler: HeartbeatScheduler;
  readonly frames: FrameMaker;
  readonly turn: FlushTurn;
  /** The context of the request, if it has one of its own. Then the scheduler and the turn are this stream's alone. */
  readonly context?: RequestContext | undefined;
  /** Answers a request with a refusal, which asks the client to come back later. */
  refuse(exchange: Exchange, headers: Record<string, string>): void;
  /** Called once, when the stream is over. */
  streamClosed(stream: EventStream): void;
}

const HELD = 0; // the head is not sent yet: the source has yielded nothing
const OPEN = 1;
const CLOSING = 2; // the stream takes nothing more, and the rest is being sent
const CLOSED = 3;

const START = createFrame(encode({ event: "start", id: START_ID }));

/** The states of a stream: how one response opens and closes. */
export class StreamLife implements SinkOwner {
  readonly options: ResolvedOptions;
  #hooks: Hooks | undefined;
  readonly time: StreamTime;
  /** Set when the head is committed. */
  writer: FrameWriter | undefined;
  subscription: PortSubscription | undefined;
  /** The number of sources that are being sent. */
  sources = 0;
  /** Whether the last event gets an id that marks the end, because the client can return it. */
  marksEnd = false;
  readonly #stream: EventStream;
  readonly #host: StreamHost;
  #state = HELD;
  // Set until the head is committed.
  #exchange: Exchange | undefined;
  // The request is a reconnect, which EventSource makes by itself.
  readonly #isReconnect: boolean;
  // The client will reconnect by itself. Other clients take the end of a response for the end of the content.
  #comesBack = false;
  #closeReason: CloseReason | undefined;
  #closeWatch: CloseWatch | undefined;

  constructor(
    stream: EventStream,
    exchange: Exchange,
    isReconnect: boolean,
    options: ResolvedOptions,
    host: StreamHost,
  ) {
    this.#stream = stream;
    this.#exchange = exchange;
    this.#isReconnect = isReconnect;
    this.options = options;
    this.#host = host;
    this.time = new StreamTime(this, host.scheduler, options);
  }

  /** Made for the first hook or error, which most streams never have. */
  get hooks(): Hooks {
    return (this.#hooks ??= new Hooks(this.#stream, this.options.onError));
  }

  get isHeld(): boolean {
    return this.#state === HELD;
  }

  /** Whether the head has been committed and the stream takes messages. */
  get isOpen(): boolean {
    return this.#state === OPEN;
  }

  /** Whether the stream takes nothing more. */
  get isClosing(): boolean {
    return this.#state >= CLOSING;
  }

  get isClosed(): boolean {
    return this.#state === CLOSED;
  }

  // --- opening

  /** Listens to the client, and holds the head back for at most `headTimeout`. */
  hold(): void {
    this.#exchange!.watch(this);
    this.time.reschedule();
  }

  /** Commits the head, unless that has been done. */
  begin(): void {
    if (this.#state !== HELD) return;
    const exchange = this.#exchange!;
    const { once, onOpen, headers, retryFrame } = this.options;
    let sink: Sink;
    try {
      sink = exchange.begin(streamHeaders(exchange, headers), this.options);
      this.writer = new FrameWriter(sink, this.#host.scheduler, this.#host.turn);
    } catch (error) {
      if (exchange.headSent) this.hooks.report(error);
      else exchange.fail(error);
      return this.#settle("error");
    }
    this.#exchange = undefined; // frees the memory of the request
    this.#state = OPEN;
    const isGet = exchange.method === "GET";
    const isReader = acceptsEventStream(exchange);
    this.marksEnd = isGet || isReader;
    this.#comesBack = isGet && isReader;
    if (retryFrame !== undefined) this.writer.push(retryFrame);
    if (once && isGet) this.writer.push(START);
    if (this.writer.isIdle) sink.sendHead?.();
    this.time.reschedule();
    if (onOpen !== undefined) this.hooks.run(() => onOpen(this.#stream));
  }

  /** Closes a stream that never opens, because its request was answered in another way. */
  closeUnopened(reason: CloseReason): void {
    this.#settle(reason);
  }

  // --- closing

  /**
   * Stops the stream after everything that was sent. While it is sending a source or is subscribed, the response is
   * ended properly only for a client that comes back, and broken off for others.
   */
  stop(reason: CloseReason, last = false): void {
    this.begin();
    const isUnfinished = this.sources > 0 || this.subscription !== undefined;
    this.finish(reason, last, isUnfinished && !this.#comesBack);
  }

  /**
   * Closes the stream after everything that was sent. `last`: the connection is closed too. `isBroken`: the response
   * is broken off, so that the client sees that it is incomplete.
   */
  finish(reason: CloseReason, last = false, isBroken = false): void {
    this.begin();
    if (this.#state !== OPEN) return;
    this.subscription?.release();
    this.#state = CLOSING;
    this.writer!.end(last, isBroken);
    this.#startClosing(reason);
  }

  /** Cuts the client off. It receives what was not sent only if it comes back. */
  abort(reason: CloseReason): void {
    if (this.#state === CLOSED) return;
    if (this.#state === HELD) this.#replyRefusal();
    else this.writer!.abort(reason === "draining");
    this.#settle(reason);
  }

  /** Refuses the request of a stream that is held, and asks the client to come back later. */
  refuse(reason: CloseReason): void {
    this.#replyRefusal();
    this.#settle(reason);
  }

  #replyRefusal(): void {
    // Otherwise the app has answered.
    if (!this.#exchange!.headSent) this.#host.refuse(this.#exchange!, this.options.headers);
  }

  /** Closes the stream with an error of its source. Before the head, the framework gets the error. */
  fail(error: unknown): void {
    if (this.isClosing) return this.hooks.reportLate(error);
    if (this.#state === OPEN) {
      this.hooks.report(error);
      return this.finish("error", false, true);
    }
    const exchange = this.#exchange!;
    if (exchange.headSent) {
      this.hooks.report(error); // the app has answered meanwhile
    } else if (this.#isReconnect && !isClientError(error)) {
      this.hooks.report(error); // and no 500, after which EventSource would never reconnect
      this.#host.refuse(exchange, this.options.headers);
    } else {
      exchange.fail(error);
    }
    this.#settle("error");
  }

  sinkDrained(): void {
    this.writer?.sinkDrained();
  }

  sinkMisused(error: Error): void {
    this.hooks.report(error);
  }

  sinkClosed(error?: Error): void {
    if (error !== undefined && !this.isClosing) this.hooks.report(error);
    this.#settle(error === undefined ? "client" : "error");
  }

  /** Tells that the stream takes nothing more. Only the first reason counts. */
  #startClosing(reason: CloseReason): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = reason;
    this.#closeWatch?.closing(reason);
    this.subscription?.streamClosed();
  }

  /** Closes the stream, because the response is over. */
  #settle(reason: CloseReason): void {
    if (this.#state === CLOSED) return;
    const wasOpened = this.#state !== HELD;
    this.#state = CLOSED;
    this.time.stop();
    this.writer?.discard();
    this.#startClosing(reason);
    const closeReason = this.#closeReason!;
    this.#closeWatch?.closed(closeReason);
    this.#host.streamClosed(this.#stream);
    const { onClose } = this.options;
    if (wasOpened && onClose !== undefined) this.hooks.run(() => onClose(this.#stream, closeReason));
  }

  // --- waiting for the close

  get signal(): AbortSignal {
    return this.#watch.signal(this.#closeReason);
  }

  get closed(): Promise<CloseReason> {
    return this.#watch.whenClosed(this.isClosed ? this.#closeReason : undefined);
  }

  /** Calls the listener when the stream takes nothing more. Returns a function that removes the listener. */
  onClosing(listener: () => void): () => void {
    return this.#watch.onClosing(listener);
  }

  get #watch(): CloseWatch {
    return (this.#closeWatch ??= new CloseWatch(this.#host.context));
  }
}
