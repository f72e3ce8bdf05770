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

// How far a source, or a channel, may run ahead of the client.
const RUN_AHEAD_BYTES = 64 * 1024;

/** What is behind an `EventStream`: what the program and a channel send on it, in one order. */
export class Connection implements StreamPort {
  readonly life: StreamLife;
  readonly ownTimer: boolean;
  readonly #host: StreamHost;
  readonly #requested: RequestedId;
  #wasSubscribed = false;
  #lastSentId: string | undefined;
  // Done when no source is being sent any more.
  #whenSent: (() => void) | undefined;

  constructor(
    stream: EventStream,
    exchange: Exchange,
    requested: RequestedId,
    options: ResolvedOptions,
    host: StreamHost,
  ) {
    this.#host = host;
    this.#requested = requested;
    this.ownTimer = host.ownTimer;
    this.life = new StreamLife(stream, exchange, requested.reconnect, options, host);
  }

  get options(): ResolvedOptions {
    return this.life.options;
  }

  // --- what is sent

  /** Sends what the program says: in its order, and within the limit. `false`: the stream takes no more. */
  write(block: string, id?: string): boolean {
    if (this.isClosing || this.life.time.awaitsEnd) return false;
    if (this.bufferedBytes > this.options.maxBufferedBytes) {
      this.life.abort("slow");
      return false;
    }
    const frame = this.#host.frames.make(block);
    return this.life.subscription?.defer(frame) || this.#push(frame, id, true);
  }

  /** Sends a frame, whatever waits already. `false`: the stream is closed. */
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

  /** As `drained`, when what the subscription still keeps of the program's has been sent too. */
  allDrained(): Promise<boolean> {
    const released = this.isClosing ? undefined : this.life.subscription?.released();
    if (released === undefined) return this.drained();
    return new Promise((resolve) => {
      const forget = this.life.onClosing(() => resolve(false));
      void released.then(() => {
        forget();
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
    return this.#wasSubscribed ? NO_ID : this.#requested; // what came after it has been seen to
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

  /** Finishes the stream with a last event, when what was published before has been sent. */
  end(message: EventMessage, always: boolean): void {
    const { life } = this;
    if (life.isClosing || life.time.awaitsEnd) return;
    const { subscription } = life;
    if (!subscription?.deferEnd(() => this.#endNow(message, always))) return this.#endNow(message, always);
    life.begin();
    if (!life.isClosing) life.time.awaitEnd(subscription);
  }

  /** @param always whether the message is sent also to a client that has no use for the mark of the end. */
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

  /** The channel closes, which has not ended. */
  close(): void {
    this.life.stop("closed");
  }

  /** The program closes the stream, and may ask the client to come back after `retry` milliseconds. */
  closeByProgram(retry: number | undefined): void {
    this.#askBack(retry);
    this.life.finish("closed");
  }

  /**
   * Asks the client to come back after `retry` milliseconds, and closes the stream and its connection. With
   * `finishSources` only when no source is being sent.
   */
  drain(retry: number, finishSources: boolean): void {
    const { life } = this;
    if (finishSources && life.sources > 0) {
      // In a later turn: in this one the program may end the stream.
      this.#whenSent = () => setTimeout(() => this.drain(retry, finishSources), 0);
      return;
    }
    if (life.isHeld) return life.refuse("draining");
    this.#askBack(retry);
    life.stop("draining", true);
    life.writer?.flushNow(); // here, so that the time it takes is counted
  }

  #askBack(retry: number | undefined): void {
    if (retry !== undefined) this.#push(createFrame(encode({ retry })), undefined, true);
  }

  // --- sources

  /** Counts a source as being sent until the promise settles. */
  async sends<T>(sending: Promise<T>): Promise<T> {
    this.life.sources++;
    try {
      return await sending;
    } finally {
      if (--this.life.sources === 0) this.#whenSent?.();
    }
  }

  /** The source of the stream has failed. With `describeError` the client is told, and the stream is finished. */
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
