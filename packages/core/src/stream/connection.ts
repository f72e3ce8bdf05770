import { encode } from "../format/encode.js";
import { createFrame, type Frame } from "../format/frame.js";
import type { EventMessage } from "../format/message.js";
import { END_SUFFIX } from "../format/reserved-ids.js";
import type { CloseReason, EventStream } from "./event-stream.js";
import type { Exchange } from "./exchange.js";
import { NO_ID, type RequestedId } from "./last-event-id.js";
import type { ResolvedOptions } from "./options.js";
import { SseError } from "../sse-error.js";
import { StreamLife, type StreamHost } from "./stream-life.js";
import type { PortSubscription, StreamPort } from "./stream-port.js";

// How many bytes a source or a channel may run ahead of the client.
const RUN_AHEAD_BYTES = 64 * 1024;

/** The inside of an `EventStream`. It puts the messages of the program and the events of a channel in one order. */
export class Connection implements StreamPort {
  readonly life: StreamLife;
  readonly ownTimer: boolean;
  readonly #host: StreamHost;
  readonly #requested: RequestedId;
  #wasSubscribed = false;
  #lastSentId: string | undefined;
  // Called when the last source that is being sent is over.
  #onSourcesSent: (() => void) | undefined;

  constructor(
    stream: EventStream,
    exchange: Exchange,
    requested: RequestedId,
    options: ResolvedOptions,
    host: StreamHost,
  ) {
    this.#host = host;
    this.#requested = requested;
    this.ownTimer = host.context !== undefined;
    this.life = new StreamLife(stream, exchange, requested.reconnect, options, host);
  }

  get options(): ResolvedOptions {
    return this.life.options;
  }

  // --- what is sent

  /** Sends a block of the program's, within the limit of unread bytes. `false`: the stream takes no more. */
  write(block: string, id?: string): boolean {
    if (this.isClosing || this.life.time.awaitsEnd) return false;
    if (this.bufferedBytes > this.options.maxBufferedBytes) {
      this.life.abort("slow");
      return false;
    }
    const frame = this.#host.frames.make(block);
    return this.life.subscription?.defer(frame) || this.#push(frame, id, true);
  }

  /** Sends a frame, however much waits already. `false`: the stream is closed. */
  #push(frame: Frame, id: string | undefined, flush: boolean): boolean {
    const { life } = this;
    life.begin();
    if (!life.isOpen) return false;
    if (frame.bytes.byteLength > 0) life.writer!.push(frame, flush);
    if (id !== undefined) this.#lastSentId = id;
    return true;
  }

  sendFrame(frame: Frame, id: string | undefined, flush: boolean): void {
    this.life.time.progressed();
    this.#push(frame, id, flush);
  }

  flush(): void {
    this.life.writer?.flush();
  }

  drained(): Promise<boolean> {
    if (this.isClosing) return Promise.resolve(false);
    return this.life.writer?.drained() ?? Promise.resolve(true);
  }

  /** Like `drained`, but waits also for the program's messages that the subscription keeps back. */
  allDrained(): Promise<boolean> {
    const released = this.isClosing ? undefined : this.life.subscription?.released();
    if (released === undefined) return this.drained();
    return new Promise((resolve) => {
      const removeListener = this.life.onClosing(() => resolve(false));
      void released.then(() => {
        removeListener();
        resolve(this.allDrained());
      });
    });
  }

  /** How many bytes a source, or a channel, may run ahead of the client. */
  get runAhead(): number {
    return Math.min(RUN_AHEAD_BYTES, this.options.maxBufferedBytes / 2);
  }

  get bufferedBytes(): number {
    const { isClosed, writer, subscription } = this.life;
    return isClosed ? 0 : (writer?.bufferedBytes ?? 0) + (subscription?.bufferedBytes ?? 0);
  }

  get isCongested(): boolean {
    return this.life.writer?.isCongested(this.runAhead) ?? false;
  }

  // --- the subscription

  get requested(): RequestedId {
    return this.#wasSubscribed ? NO_ID : this.#requested; // a first subscription has sent the events after that id
  }

  get lastEventId(): string | undefined {
    return this.#requested.id;
  }

  attach(subscription: PortSubscription): void {
    if (this.life.subscription !== undefined) {
      throw new SseError(
        "ERR_SSE_SUBSCRIBED",
        "This stream is subscribed already: a client has one last event ID, so one subscription. Use topics",
      );
    }
    this.life.subscription = subscription;
  }

  detach(): void {
    this.life.subscription = undefined;
    this.#wasSubscribed = true;
  }

  // --- the end

  get isClosing(): boolean {
    return this.life.isClosing;
  }

  /**
   * Finishes the stream with a last event, after the events that were published before.
   *
   * @param always whether the event is sent also to a client that does not need it to stop.
   */
  end(message: EventMessage, always: boolean): void {
    const { life } = this;
    if (life.isClosing || life.time.awaitsEnd) return;
    const { subscription } = life;
    if (!subscription?.deferEnd(() => this.#endNow(message, always))) return this.#endNow(message, always);
    life.begin();
    if (!life.isClosing) life.time.awaitEnd(subscription);
  }

  #endNow(message: EventMessage, always: boolean, reason: CloseReason = "ended"): void {
    const { life } = this;
    life.begin();
    if (life.marksEnd) {
      const place = message.id ?? life.subscription?.cursor ?? this.#lastSentId ?? "";
      this.#push(createFrame(encode({ ...message, id: place + END_SUFFIX }, this.options)), undefined, true);
    } else if (always) {
      this.#push(createFrame(encode(message, this.options)), undefined, true);
    }
    life.finish(reason);
  }

  finishAt(place: string): void {
    this.#endNow({ event: "end", data: "", id: place }, false);
  }

  finish(): void {
    this.life.finish("ended");
  }

  /** Closes the stream because its channel was closed. The client may come back. */
  close(): void {
    this.life.stop("closed");
  }

  /** Closes the stream for the program, which may ask the client to come back after `retry` milliseconds. */
  closeByProgram(retry: number | undefined): void {
    this.#askBack(retry);
    this.life.finish("closed");
  }

  /**
   * Asks the client to come back after `retry` milliseconds, and closes the stream and its connection. With
   * `finishSources` it waits until no source is being sent.
   */
  drain(retry: number, finishSources: boolean): void {
    const { life } = this;
    if (finishSources && life.sources > 0) {
      // In a later turn, because the program may end the stream in the turn in which its source is over.
      this.#onSourcesSent = () => setTimeout(() => this.drain(retry, finishSources), 0);
      return;
    }
    if (life.isHeld) return life.refuse("draining");
    this.#askBack(retry);
    life.stop("draining", true);
    life.writer?.flushNow(); // in this turn, whose budget counts the time of the write
  }

  #askBack(retry: number | undefined): void {
    if (retry !== undefined) this.#push(createFrame(encode({ retry })), undefined, true);
  }

  // --- sources

  /** Counts a source as being sent until its promise settles. */
  async countSource<T>(sending: Promise<T>): Promise<T> {
    this.life.sources++;
    try {
      return await sending;
    } finally {
      if (--this.life.sources === 0) this.#onSourcesSent?.();
    }
  }

  /**
   * Closes the stream because its source failed. With `describeError` the client is told, and the stream is finished
   * for good.
   */
  sourceFailed(error: unknown): void {
    const { life } = this;
    const { describeError } = this.options;
    if (!life.isOpen || describeError === undefined) return life.fail(error);
    life.hooks.report(error);
    try {
      const message = describeError(error);
      if (message !== undefined) return this.#endNow({ data: "", ...message }, true, "error");
    } catch (thrown) {
      life.hooks.report(thrown);
    }
    life.finish("error", false, true);
  }

  fail(error: unknown): void {
    this.life.fail(error);
  }

  report(error: unknown): void {
    this.life.hooks.report(error);
  }
}
