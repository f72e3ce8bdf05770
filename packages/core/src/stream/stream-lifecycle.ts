import { Closure } from "./closure.js";
import { encode } from "../format/encode.js";
import type { CloseReason, EventStream } from "./event-stream.js";
import type { Exchange } from "./exchange.js";
import { createFrame, type Frame, type FrameMaker } from "../format/frame.js";
import { FrameWriter } from "./frame-writer.js";
import type { HeartbeatScheduler, Scheduled } from "./heartbeat-scheduler.js";
import { Hooks } from "./hooks.js";
import { START_ID } from "../format/reserved-ids.js";
import type { RequestedId } from "./last-event-id.js";
import type { EventMessage } from "../format/message.js";
import type { ResolvedOptions } from "./options.js";
import { streamHeaders } from "./response-headers.js";
import type { Source } from "./source.js";
import type { PortSubscription } from "./stream-port.js";

/** What a stream needs of the server it belongs to. */
export interface StreamHost {
  readonly scheduler: HeartbeatScheduler;
  readonly frames: FrameMaker;
  /** Asks the client to come back later. */
  refuse(exchange: Exchange): void;
  /** The stream is over; called once. */
  closed(stream: StreamLifecycle): void;
}

const HELD = 0; // nothing is committed yet: a source has still to yield its first item
const OPEN = 1;
const CLOSING = 2; // takes nothing more, what was sent is on its way
const CLOSED = 3;

const HEARTBEAT = createFrame(encode({ comment: "" }));
const START = createFrame(encode({ event: "start", id: START_ID }));

/** How a stream opens, lives and closes; what is sent on it is another matter. */
export abstract class StreamLifecycle implements EventStream, Scheduled {
  context: unknown = undefined;
  protected readonly exchange: Exchange;
  protected readonly options: ResolvedOptions;
  protected readonly requested: RequestedId;
  protected readonly writer: FrameWriter;
  protected readonly frames: FrameMaker;
  protected readonly closure = new Closure();
  protected readonly hooks: Hooks;
  protected subscription: PortSubscription | undefined;
  readonly #host: StreamHost;
  readonly #openedAt: number;
  // Each stream is early by its own part of the interval, so that streams which fell silent at the same moment,
  // after a broadcast, do not all wake together.
  readonly #heartbeatAfter: number;
  readonly #expiresAt: number;
  #state = HELD;

  constructor(exchange: Exchange, requested: RequestedId, options: ResolvedOptions, host: StreamHost) {
    this.exchange = exchange;
    this.requested = requested;
    this.options = options;
    this.#host = host;
    this.frames = host.frames;
    this.hooks = new Hooks(this, options.onError);
    this.#openedAt = host.scheduler.now();
    this.#heartbeatAfter =
      options.heartbeat === false ? Infinity : options.heartbeat * (1 - Math.random() / 4);
    this.#expiresAt = this.#openedAt + options.maxAge * (0.9 + Math.random() / 5);
    this.writer = new FrameWriter(exchange.sink, host.scheduler);
  }

  abstract send(message: EventMessage | string): boolean;
  abstract comment(text?: string): boolean;
  abstract sendAll<T>(source: Source<T>, toMessage?: (item: T) => EventMessage | string): Promise<boolean>;
  abstract drained(): Promise<boolean>;
  abstract end(message?: EventMessage): void;

  /** Whether the head has been committed and the stream takes what is sent. */
  protected get isOpen(): boolean {
    return this.#state === OPEN;
  }

  /** Whether the stream takes nothing more. */
  protected get isClosing(): boolean {
    return this.#state >= CLOSING;
  }

  // --- opening

  /** Listens to the client, and holds the head back for as long as it may wait. */
  protected hold(): void {
    this.exchange.sink.onClose((error) => this.#gone(error));
    this.#host.scheduler.schedule(this, this.#openedAt + this.options.headTimeout);
  }

  /** Commits the head, if that has not been done. */
  protected begin(): void {
    if (this.#state !== HELD) return;
    const { once, onOpen, headers, retryFrame } = this.options;
    try {
      this.exchange.begin(streamHeaders(this.exchange, headers));
    } catch (error) {
      if (this.exchange.headSent) this.hooks.report(error);
      else this.exchange.fail(error);
      return this.#settle("error");
    }
    this.#state = OPEN;
    this.writer.push(retryFrame);
    if (once && this.exchange.method === "GET") this.writer.push(START);
    this.#host.scheduler.schedule(this, this.look(this.#host.scheduler.now()));
    if (onOpen !== undefined) this.hooks.run(() => onOpen(this));
  }

  /** Makes a stream that never opens. */
  refused(reason: CloseReason): this {
    this.#settle(reason);
    return this;
  }

  /** Sends a frame, whatever waits already. `false`: the stream is closed. */
  protected push(frame: Frame, flush = true): boolean {
    this.begin();
    if (this.#state !== OPEN) return false;
    if (frame.bytes.byteLength > 0) this.writer.push(frame, flush);
    return true;
  }

  // --- closing

  close(): void {
    this.finish("closed");
  }

  /** Asks the client to come back after `retry` milliseconds, and closes the stream and its connection. */
  drain(retry: number): void {
    if (this.#state === HELD) {
      this.#refuse();
      this.#settle("draining");
    } else if (this.#state === OPEN) {
      this.push(createFrame(encode({ retry })));
      this.finish("draining", true);
    }
  }

  /** Cuts the connection. What was not sent is lost to this client until it comes back. */
  abort(reason: CloseReason): void {
    if (this.#state === CLOSED) return;
    if (this.#state === HELD) this.#refuse();
    else this.exchange.sink.abort(reason === "draining");
    this.#settle(reason);
  }

  #refuse(): void {
    if (!this.exchange.headSent) this.#host.refuse(this.exchange); // else somebody else answers
  }

  /** Closes after what was sent. `last`: the connection too. */
  protected finish(reason: CloseReason, last = false): void {
    this.begin();
    if (this.#state !== OPEN) return;
    this.subscription?.release();
    this.#state = CLOSING;
    this.writer.end(last);
    this.closure.start(reason);
  }

  /** The response is over. */
  #settle(reason: CloseReason): void {
    if (this.#state === CLOSED) return;
    const opened = this.#state !== HELD;
    this.#state = CLOSED;
    this.#host.scheduler.cancel(this);
    this.writer.discard();
    const first = this.closure.settle(reason);
    this.#host.closed(this);
    const { onClose } = this.options;
    if (opened && onClose !== undefined) this.hooks.run(() => onClose(this, first));
  }

  /** The sink has closed. */
  #gone(error: Error | undefined): void {
    if (error !== undefined && this.#state <= OPEN) this.hooks.report(error);
    this.#settle(error === undefined ? "client" : "error");
  }

  /** The source has failed. Before the head that is the framework's error. */
  protected fail(error: unknown): void {
    if (this.#state >= CLOSING) return this.hooks.reportLate(error);
    if (this.#state === OPEN) {
      this.hooks.report(error);
      return this.finish("error");
    }
    if (this.exchange.headSent) {
      this.hooks.report(error); // somebody else has answered meanwhile
    } else if (this.requested.reconnect && !isClientError(error)) {
      this.hooks.report(error); // EventSource never comes back from a 500
      this.#host.refuse(this.exchange);
    } else {
      this.exchange.fail(error);
    }
    this.#settle("error");
  }

  // --- time

  look(now: number): number {
    const { headTimeout, stallTimeout } = this.options;
    if (this.#state === HELD) {
      const headAt = this.#openedAt + headTimeout;
      if (now < headAt) return headAt;
      this.begin();
    }
    if (this.writer.stalled(now, stallTimeout)) this.abort("slow");
    if (now >= this.#expiresAt) this.finish("expired");
    if (this.#state === CLOSED) return Infinity;
    const stallAt = now + stallTimeout / 4;
    if (this.#state === CLOSING) return stallAt;
    let heartbeatAt = this.writer.lastWriteAt + this.#heartbeatAfter;
    if (now >= heartbeatAt) {
      if (this.writer.idle && !this.subscription?.heartbeat()) this.push(HEARTBEAT);
      heartbeatAt = now + this.#heartbeatAfter;
    }
    return Math.min(heartbeatAt, this.#expiresAt, stallAt);
  }

  // --- what others see

  get signal(): AbortSignal {
    return this.closure.signal;
  }

  get closed(): Promise<CloseReason> {
    return this.closure.closed;
  }

  get lastEventId(): string | undefined {
    return this.requested.id;
  }

  get bufferedBytes(): number {
    return this.#state === CLOSED ? 0 : this.writer.bufferedBytes + (this.subscription?.bufferedBytes ?? 0);
  }
}

function isClientError(error: unknown): boolean {
  const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  const code = status ?? statusCode;
  return typeof code === "number" && code >= 400 && code < 500;
}
