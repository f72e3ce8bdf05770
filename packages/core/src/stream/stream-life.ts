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

/** What a stream needs of the server it belongs to. */
export interface StreamHost {
  readonly scheduler: HeartbeatScheduler;
  readonly frames: FrameMaker;
  readonly turn: FlushTurn;
  /** The scheduler and the turn are of this stream alone. */
  readonly ownTimer: boolean;
  /** Asks the client to come back later. */
  refuse(exchange: Exchange, headers: Record<string, string>): void;
  /** The stream is over; called once. */
  streamClosed(stream: EventStream): void;
}

const HELD = 0; // nothing is committed yet: a source has still to yield its first item
const OPEN = 1;
const CLOSING = 2; // takes nothing more, what was sent is on its way
const CLOSED = 3;

const START = createFrame(encode({ event: "start", id: START_ID }));

/** The states of a stream: how one response opens and closes. */
export class StreamLife implements SinkOwner {
  readonly options: ResolvedOptions;
  readonly hooks: Hooks;
  readonly time: StreamTime;
  /** There from when the head is committed. */
  writer: FrameWriter | undefined;
  subscription: PortSubscription | undefined;
  /** How many sources are being sent. */
  sources = 0;
  /** Whether the last event gets an id that marks it: the client knows what that is for. */
  marksEnd = false;
  readonly #stream: EventStream;
  readonly #host: StreamHost;
  #state = HELD;
  // There until the head is committed.
  #exchange: Exchange | undefined;
  // The client reconnects by itself.
  readonly #isReconnect: boolean;
  // It will, when the response is over: others take the end of a response for the end of what it has to say.
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
    this.hooks = new Hooks(stream, options.onError);
    this.time = new StreamTime(this, host.scheduler, options);
  }

  get isHeld(): boolean {
    return this.#state === HELD;
  }

  /** The head has been committed, and the stream takes what is sent. */
  get isOpen(): boolean {
    return this.#state === OPEN;
  }

  /** The stream takes nothing more. */
  get isClosing(): boolean {
    return this.#state >= CLOSING;
  }

  get isClosed(): boolean {
    return this.#state === CLOSED;
  }

  // --- opening

  /** Listens to the client, and holds the head back for as long as it may wait. */
  hold(): void {
    this.#exchange!.watch(this);
    this.time.reschedule();
  }

  /** Commits the head, if that has not been done. */
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
    this.#exchange = undefined; // and what it holds
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

  /** Makes a stream that never opens. */
  refused(reason: CloseReason): void {
    this.#settle(reason);
  }

  // --- closing

  /** Stops a stream after what was sent. In the middle of something, only a client that comes back sees an end. */
  stop(reason: CloseReason, last = false): void {
    this.begin();
    const isUnfinished = this.sources > 0 || this.subscription !== undefined;
    this.finish(reason, last, isUnfinished && !this.#comesBack);
  }

  /**
   * Closes the stream after what was sent. `last`: the connection too. `isBroken`: in a way in which the client sees
   * that it lacks something.
   */
  finish(reason: CloseReason, last = false, isBroken = false): void {
    this.begin();
    if (this.#state !== OPEN) return;
    this.subscription?.release();
    this.#state = CLOSING;
    this.writer!.end(last, isBroken);
    this.#startClosing(reason);
  }

  /** Cuts the client off. What was not sent is lost to it until it comes back. */
  abort(reason: CloseReason): void {
    if (this.#state === CLOSED) return;
    if (this.#state === HELD) this.#refuse();
    else this.writer!.abort(reason === "draining");
    this.#settle(reason);
  }

  /** Asks the client to come back later instead of opening. */
  refuse(reason: CloseReason): void {
    this.#refuse();
    this.#settle(reason);
  }

  #refuse(): void {
    if (!this.#exchange!.headSent) this.#host.refuse(this.#exchange!, this.options.headers); // else somebody else answers
  }

  /** The source has failed. Before the head that is the framework's error. */
  fail(error: unknown): void {
    if (this.isClosing) return this.hooks.reportLate(error);
    if (this.#state === OPEN) {
      this.hooks.report(error);
      return this.finish("error", false, true);
    }
    const exchange = this.#exchange!;
    if (exchange.headSent) {
      this.hooks.report(error); // somebody else has answered meanwhile
    } else if (this.#isReconnect && !isClientError(error)) {
      this.hooks.report(error); // EventSource never comes back from a 500
      this.#host.refuse(exchange, this.options.headers);
    } else {
      exchange.fail(error);
    }
    this.#settle("error");
  }

  sinkDrained(): void {
    this.writer?.sinkDrained();
  }

  sinkClosed(error?: Error): void {
    if (error !== undefined && !this.isClosing) this.hooks.report(error);
    this.#settle(error === undefined ? "client" : "error");
  }

  /** The first reason stands. */
  #startClosing(reason: CloseReason): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = reason;
    this.#closeWatch?.closing(reason);
    this.subscription?.streamClosed();
  }

  /** The response is over. */
  #settle(reason: CloseReason): void {
    if (this.#state === CLOSED) return;
    const wasOpened = this.#state !== HELD;
    this.#state = CLOSED;
    this.time.stop();
    this.writer?.discard();
    this.#startClosing(reason);
    const first = this.#closeReason!;
    this.#closeWatch?.closed(first);
    this.#host.streamClosed(this.#stream);
    const { onClose } = this.options;
    if (wasOpened && onClose !== undefined) this.hooks.run(() => onClose(this.#stream, first));
  }

  // --- for those who wait for it

  get signal(): AbortSignal {
    return this.#watch.signal(this.#closeReason);
  }

  get closed(): Promise<CloseReason> {
    return this.#watch.whenClosed(this.isClosed ? this.#closeReason : undefined);
  }

  /** Calls the listener when the stream takes nothing more. Returns what takes it away. */
  onClosing(listener: () => void): () => void {
    return this.#watch.onClosing(listener);
  }

  get #watch(): CloseWatch {
    return (this.#closeWatch ??= new CloseWatch());
  }
}
