import { Closure } from "./closure.js";
import { encode } from "./encode.js";
import type { CloseReason, EventStream } from "./event-stream.js";
import type { Exchange } from "./exchange.js";
import { createFrame, type Frame } from "./frame.js";
import { FrameWriter } from "./frame-writer.js";
import type { HeartbeatScheduler, Scheduled } from "./heartbeat-scheduler.js";
import { Hooks } from "./hooks.js";
import { END_SUFFIX, START_ID, type RequestedId } from "./last-event-id.js";
import type { EventMessage } from "./message.js";
import type { ResolvedOptions } from "./options.js";
import { acceptsEventStream, streamHeaders } from "./response-headers.js";
import { sendItems } from "./send-items.js";
import { isThenable, readItems, type Items, type Source } from "./source.js";
import { SseError } from "./sse-error.js";
import { PORT, type PortSubscription, type StreamPort } from "./stream-port.js";

/** What a stream needs of the server it belongs to. */
export interface StreamHost {
  readonly scheduler: HeartbeatScheduler;
  /** Asks the client to come back later. */
  refuse(exchange: Exchange): void;
  /** The stream is over; called once. */
  closed(stream: SinkStream): void;
}

const HELD = 0; // nothing is committed yet: a source has still to yield its first item
const OPEN = 1;
const CLOSING = 2; // takes nothing more, what was sent is on its way
const CLOSED = 3;

// How far a source may run ahead of its client.
const RUN_AHEAD_BYTES = 64 * 1024;
const HEARTBEAT = createFrame(encode({ comment: "" }));
const START = createFrame(encode({ event: "start", id: START_ID }));

/** The event stream over a sink. */
export class SinkStream implements EventStream, Scheduled {
  context: unknown = undefined;
  readonly #exchange: Exchange;
  readonly #options: ResolvedOptions;
  readonly #host: StreamHost;
  readonly #requested: RequestedId;
  readonly #writer: FrameWriter;
  readonly #closure = new Closure();
  readonly #hooks: Hooks;
  readonly #openedAt: number;
  // Each stream is early by its own part of the interval, so that streams which fell silent at the same moment,
  // after a broadcast, do not all wake together.
  readonly #heartbeatAfter: number;
  readonly #expiresAt: number;
  #state = HELD;
  #lastSentId: string | undefined;
  #subscription: PortSubscription | undefined;
  // end() was called, and waits until the subscription has sent what was published before.
  #ending = false;

  constructor(exchange: Exchange, requested: RequestedId, options: ResolvedOptions, host: StreamHost) {
    this.#exchange = exchange;
    this.#requested = requested;
    this.#options = options;
    this.#host = host;
    this.#hooks = new Hooks(this, options.onError);
    this.#openedAt = host.scheduler.now();
    this.#heartbeatAfter = options.heartbeat === false ? Infinity : options.heartbeat * (1 - Math.random() / 4);
    this.#expiresAt = this.#openedAt + options.maxAge * (0.9 + Math.random() / 5);
    this.#writer = new FrameWriter(exchange.sink, host.scheduler);
  }

  // --- opening

  /** Opens the stream, with its source if it has one. */
  start(source: Source | undefined): void {
    this.#exchange.sink.onClose((error) => this.#gone(error));
    if (source === undefined) return this.#begin();
    this.#host.scheduler.schedule(this, this.#openedAt + this.#options.headTimeout);
    let result: unknown;
    try {
      result = typeof source === "function" ? source(this) : source;
    } catch (error) {
      return this.#fail(error);
    }
    if (isThenable(result)) {
      result.then(
        (items) => {
          if (!isNothing(items)) this.#sendSource(items);
          else if (this.#subscription === undefined) this.end();
          else this.#begin();
        },
        (error: unknown) => this.#fail(error),
      );
    } else if (isNothing(result)) this.#begin();
    else this.#sendSource(result);
  }

  /** Makes a stream that never opens. */
  refused(reason: CloseReason): this {
    this.#settle(reason);
    return this;
  }

  #sendSource(items: unknown): void {
    this.sendAll(items as Items<EventMessage | string>).then(
      (sent) => sent && this.end(),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Commits the head. */
  #begin(): void {
    if (this.#state !== HELD) return;
    const { once, onOpen, headers, retryFrame } = this.#options;
    try {
      this.#exchange.begin(streamHeaders(this.#exchange, headers));
    } catch (error) {
      if (this.#exchange.headSent) this.#hooks.report(error);
      else this.#exchange.fail(error);
      return this.#settle("error");
    }
    this.#state = OPEN;
    this.#writer.push(retryFrame);
    if (once && this.#exchange.method === "GET") this.#writer.push(START);
    this.#host.scheduler.schedule(this, this.look(this.#host.scheduler.now()));
    if (onOpen !== undefined) this.#hooks.run(() => onOpen(this));
  }

  // --- sending

  send(message: EventMessage | string): boolean {
    const checked: EventMessage = typeof message === "string" ? { data: message } : message;
    const block = encode(checked, this.#options);
    const { id } = checked;
    if (id?.endsWith(END_SUFFIX)) {
      throw new SseError(
        "ERR_SSE_INVALID_FIELD",
        `id: expected one that does not end in "${END_SUFFIX}", which is how end() marks a finished stream, got "${id}"`,
      );
    }
    if (this.#subscription !== undefined && id !== undefined) {
      throw new SseError(
        "ERR_SSE_SUBSCRIBED",
        `id: this stream is subscribed to a channel, whose log gives the ids; leave it out, got "${id}"`,
      );
    }
    if (!this.#write(block)) return false;
    if (id !== undefined) this.#lastSentId = id;
    return true;
  }

  comment(text = ""): boolean {
    return this.#write(encode({ comment: text }));
  }

  #write(block: string): boolean {
    if (this.#state >= CLOSING || this.#ending) return false;
    if (this.bufferedBytes > this.#options.maxBufferedBytes) {
      this.abort("slow");
      return false;
    }
    const frame = createFrame(block);
    return this.#subscription?.defer(frame) || this.#push(frame);
  }

  /** Past the limit and the order: what the stream itself has to say, and what a subscription sends. */
  #push(frame: Frame, flush = true): boolean {
    this.#begin();
    if (this.#state !== OPEN) return false;
    if (frame.bytes.byteLength > 0) this.#writer.push(frame, flush);
    return true;
  }

  sendAll<T = EventMessage | string>(
    source: Source<T>,
    toMessage: (item: T) => EventMessage | string = (item) => item as EventMessage | string,
  ): Promise<boolean> {
    const sending = this.#sendAll(source, toMessage);
    // Also when nobody awaits it.
    sending.catch((error: unknown) => this.#state === OPEN && this.#hooks.report(error));
    return sending;
  }

  async #sendAll<T>(source: Source<T>, toMessage: (item: T) => EventMessage | string): Promise<boolean> {
    const items: unknown = await (typeof source === "function" ? source(this) : source);
    if (typeof source === "function" && isNothing(items)) return this.#state < CLOSING;
    const reader = readItems(items as Items<T>);
    const lateError = (error: unknown): void => this.#hooks.reportLate(error);
    if (this.#state >= CLOSING) {
      reader.return(lateError);
      return false;
    }
    return sendItems(reader, {
      send: (item) => this.send(toMessage(item)),
      drained: () => this.drained(),
      isCongested: () => this.bufferedBytes >= this.#runAhead,
      onClosing: (listener) => this.#closure.onStart(listener),
      lateError,
    });
  }

  drained(): Promise<boolean> {
    return this.#state >= CLOSING ? Promise.resolve(false) : this.#writer.drained();
  }

  // --- closing

  close(): void {
    this.#finish("closed");
  }

  end(message?: EventMessage): void {
    if (this.#state >= CLOSING || this.#ending) return;
    const last: EventMessage = { event: "end", data: "", ...message };
    encode(last, this.#options); // a mistake in it is the caller's
    this.#ending = this.#subscription?.deferEnd(() => this.#end(last, message !== undefined)) ?? false;
    if (!this.#ending) this.#end(last, message !== undefined);
  }

  #end(last: EventMessage, wanted: boolean): void {
    const marked = this.#exchange.method === "GET" || acceptsEventStream(this.#exchange);
    if (marked) last.id = (last.id ?? this.#lastSentId ?? "") + END_SUFFIX;
    if (marked || wanted) this.#push(createFrame(encode(last, this.#options)));
    this.#finish("ended");
  }

  /** Asks the client to come back after `retry` milliseconds, and closes the stream and its connection. */
  drain(retry: number): void {
    if (this.#state === HELD) {
      this.#host.refuse(this.#exchange);
      this.#settle("draining");
    } else if (this.#state === OPEN) {
      this.#push(createFrame(encode({ retry })));
      this.#finish("draining", true);
    }
  }

  /** Cuts the connection. What was not sent is lost to this client until it comes back. */
  abort(reason: CloseReason): void {
    if (this.#state === CLOSED) return;
    if (this.#state === HELD) this.#host.refuse(this.#exchange);
    else this.#exchange.sink.abort(reason === "draining");
    this.#settle(reason);
  }

  /** Closes after what was sent. `last`: the connection too. */
  #finish(reason: CloseReason, last = false): void {
    this.#begin();
    if (this.#state !== OPEN) return;
    this.#state = CLOSING;
    this.#writer.end(last);
    this.#closure.start(reason);
  }

  /** The response is over. */
  #settle(reason: CloseReason): void {
    if (this.#state === CLOSED) return;
    const opened = this.#state !== HELD;
    this.#state = CLOSED;
    this.#host.scheduler.cancel(this);
    this.#writer.discard();
    const first = this.#closure.settle(reason);
    this.#host.closed(this);
    const { onClose } = this.#options;
    if (opened && onClose !== undefined) this.#hooks.run(() => onClose(this, first));
  }

  /** The sink has closed. */
  #gone(error: Error | undefined): void {
    if (error !== undefined && this.#state <= OPEN) this.#hooks.report(error);
    this.#settle(error === undefined ? "client" : "error");
  }

  /** The source has failed. Before the head that is the framework's error. */
  #fail(error: unknown): void {
    if (this.#state >= CLOSING) return this.#hooks.reportLate(error);
    if (this.#state === OPEN) {
      this.#hooks.report(error);
      return this.#finish("error");
    }
    if (this.#exchange.headSent) {
      this.#hooks.report(error); // somebody else has answered meanwhile
    } else if (this.#requested.reconnect && !isClientError(error)) {
      this.#hooks.report(error); // EventSource never comes back from a 500
      this.#host.refuse(this.#exchange);
    } else {
      this.#exchange.fail(error);
    }
    this.#settle("error");
  }

  // --- time

  look(now: number): number {
    const { headTimeout, stallTimeout } = this.#options;
    if (this.#state === HELD) {
      const headAt = this.#openedAt + headTimeout;
      if (now < headAt) return headAt;
      this.#begin();
    }
    if (this.#writer.stalled(now, stallTimeout)) this.abort("slow");
    if (now >= this.#expiresAt) this.#finish("expired");
    if (this.#state === CLOSED) return Infinity;
    const stallAt = now + stallTimeout / 4;
    if (this.#state === CLOSING) return stallAt;
    let heartbeatAt = this.#writer.lastWriteAt + this.#heartbeatAfter;
    if (now >= heartbeatAt) {
      if (this.#writer.idle && !this.#subscription?.heartbeat()) this.#push(HEARTBEAT);
      heartbeatAt = now + this.#heartbeatAfter;
    }
    return Math.min(heartbeatAt, this.#expiresAt, stallAt);
  }

  // --- what others see

  get signal(): AbortSignal {
    return this.#closure.signal;
  }

  get closed(): Promise<CloseReason> {
    return this.#closure.closed;
  }

  get lastEventId(): string | undefined {
    return this.#requested.id;
  }

  get bufferedBytes(): number {
    return this.#state === CLOSED ? 0 : this.#writer.bufferedBytes + (this.#subscription?.bufferedBytes ?? 0);
  }

  get #runAhead(): number {
    return Math.min(RUN_AHEAD_BYTES, this.#options.maxBufferedBytes / 2);
  }

  /** What this stream is for a channel. */
  [PORT](): StreamPort {
    const isClosed = (): boolean => this.#state >= CLOSING;
    const isCongested = (): boolean => this.#writer.isCongested(this.#runAhead);
    let forget = (): void => {};
    return {
      requested: this.#requested,
      get closed() {
        return isClosed();
      },
      get congested() {
        return isCongested();
      },
      attach: (subscription) => {
        if (this.#subscription !== undefined) {
          throw new SseError(
            "ERR_SSE_SUBSCRIBED",
            "This stream is subscribed already: a client has one last event ID, so one subscription. Use topics",
          );
        }
        this.#subscription = subscription;
        const unlisten = this.#closure.onStart(() => subscription.closed());
        forget = () => void unlisten();
      },
      detach: () => {
        forget();
        this.#subscription = undefined;
      },
      push: (frame, id, flush) => {
        if (this.#push(frame, flush) && id !== undefined) this.#lastSentId = id;
      },
      flush: () => this.#writer.flush(),
      drained: () => this.drained(),
      end: (after) => {
        if (after === undefined) this.#finish("ended");
        else this.#end({ event: "end", data: "", id: after }, false);
      },
      close: () => this.close(),
      fail: (error) => this.#fail(error),
      report: (error) => this.#hooks.report(error),
    };
  }
}

/** What a function returns that has nothing to send: also what an arrow function returns without meaning to. */
function isNothing(result: unknown): boolean {
  return result === undefined || result === null || typeof result === "boolean" || typeof result === "number";
}

function isClientError(error: unknown): boolean {
  const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  const code = status ?? statusCode;
  return typeof code === "number" && code >= 400 && code < 500;
}
