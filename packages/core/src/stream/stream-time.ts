import { AwaitedEnd } from "./awaited-end.js";
import { encode } from "../format/encode.js";
import { createFrame } from "../format/frame.js";
import type { CloseReason } from "./event-stream.js";
import type { FrameWriter } from "./frame-writer.js";
import { UNSCHEDULED, type HeartbeatScheduler, type Scheduled } from "./heartbeat-scheduler.js";
import type { ResolvedOptions } from "./options.js";
import { SseError } from "../sse-error.js";
import type { PortSubscription } from "./stream-port.js";

/** The interface of a stream for its timing. */
export interface TimedStream {
  readonly isHeld: boolean;
  readonly isClosing: boolean;
  readonly isClosed: boolean;
  readonly writer: FrameWriter | undefined;
  readonly subscription: PortSubscription | undefined;
  readonly hooks: { report(error: unknown): void };
  begin(): void;
  stop(reason: CloseReason): void;
  abort(reason: CloseReason): void;
}

// Into how many steps a heartbeat interval is divided. Streams whose heartbeats are due in the same step get them
// together: to wake a process up often costs more than the writes.
const STEPS = 32;

const HEARTBEAT = createFrame(encode({ comment: "" }));

/** The timing of a stream: its head, heartbeat and age, and the client or log that makes no progress. */
export class StreamTime implements Scheduled {
  wheelSlot = UNSCHEDULED;
  wheelIndex = 0;
  readonly #stream: TimedStream;
  readonly #scheduler: HeartbeatScheduler;
  readonly #options: ResolvedOptions;
  readonly #openedAt: number;
  // In the next two fields 0 means never, because an engine stores Infinity in an object of its own. Each stream
  // shortens the interval before its first heartbeat by a random part, so that streams which fell silent together,
  // after a broadcast, do not all wake together.
  readonly #heartbeatAfter: number;
  #heartbeatAt = -(2 ** 30); // long ago
  readonly #expiresAt: number;
  #awaitedEnd: AwaitedEnd | undefined;

  constructor(stream: TimedStream, scheduler: HeartbeatScheduler, options: ResolvedOptions) {
    const { heartbeat, maxAge, expiresAt } = options;
    this.#stream = stream;
    this.#scheduler = scheduler;
    this.#options = options;
    this.#openedAt = scheduler.now();
    this.#heartbeatAfter =
      heartbeat === false ? 0 : Math.ceil(heartbeat * (1 - 1 / STEPS - Math.random() / 4));
    const age = Math.min(maxAge * (0.9 + Math.random() / 5), Math.max(0, expiresAt - Date.now()));
    this.#expiresAt = age === Infinity ? 0 : Math.ceil(this.#openedAt + age);
  }

  /** Begins an `end()` that waits for the subscription. */
  awaitEnd(subscription: PortSubscription): void {
    this.#awaitedEnd = new AwaitedEnd(subscription, this.#options, this.#scheduler.now());
    this.reschedule();
  }

  /** Whether the stream has reached `maxAge` or `expiresAt`. */
  get isExpired(): boolean {
    return this.#expiresAt > 0 && this.#scheduler.now() >= this.#expiresAt;
  }

  get awaitsEnd(): boolean {
    return this.#awaitedEnd !== undefined;
  }

  /** Notes that the subscription has sent something. */
  progressed(): void {
    this.#awaitedEnd?.progressed(this.#scheduler.now());
  }

  reschedule(): void {
    this.#scheduler.schedule(this, this.#nextTime(this.#scheduler.now()));
  }

  stop(): void {
    this.#scheduler.cancel(this);
  }

  onTime(now: number): number {
    const stream = this.#stream;
    const { headTimeout, stallTimeout } = this.#options;
    if (this.isExpired) stream.stop("expired");
    if (stream.isHeld && now >= this.#openedAt + headTimeout) stream.begin();
    const { writer } = stream;
    if (writer !== undefined) {
      if (writer.isStalled(now, stallTimeout)) stream.abort("slow");
      if (!stream.isClosing) {
        this.#checkEnd(now, writer);
        this.#heartbeat(now, writer);
      }
    }
    return stream.isClosed ? Infinity : this.#nextTime(now);
  }

  #checkEnd(now: number, writer: FrameWriter): void {
    const end = this.#awaitedEnd;
    if (end === undefined) return;
    if (!writer.isIdle) end.progressed(now); // the client is slow, and not the log
    if (end.onTime(now)) return;
    this.#stream.hooks.report(
      new SseError(
        "ERR_SSE_LOG_UNAVAILABLE",
        `end(): the channel's log has given nothing for ${this.#options.stallTimeout} ms, so the stream is cut off. ` +
          "Its client comes back for the rest",
      ),
    );
    this.#stream.abort("error");
  }

  #heartbeat(now: number, writer: FrameWriter): void {
    const stream = this.#stream;
    if (this.#heartbeatAfter === 0 || now < this.#heartbeatDueAt(writer)) return;
    if (!stream.isClosing && writer.isIdle && !stream.subscription?.heartbeat()) writer.push(HEARTBEAT);
    // Also if no heartbeat was sent because the client has something to read.
    writer.lastWriteAt = this.#heartbeatAt = now;
  }

  #nextTime(now: number): number {
    const { writer, isHeld, isClosing } = this.#stream;
    const { headTimeout, stallTimeout } = this.#options;
    let next = isHeld ? this.#openedAt + headTimeout : now + stallTimeout / 4;
    if (isClosing) return next;
    if (this.#expiresAt > 0) next = Math.min(next, this.#expiresAt);
    if (isHeld) return next;
    if (this.#heartbeatAfter > 0) {
      const step = this.#heartbeatStep;
      next = Math.min(next, Math.ceil(this.#heartbeatDueAt(writer!) / step) * step);
    }
    return Math.min(next, this.#awaitedEnd?.dueAt ?? Infinity);
  }

  #heartbeatDueAt({ lastWriteAt }: FrameWriter): number {
    const step = this.#heartbeatStep;
    const followsHeartbeat = lastWriteAt - this.#heartbeatAt <= step;
    return lastWriteAt + (followsHeartbeat ? step * (STEPS - 1) : this.#heartbeatAfter);
  }

  get #heartbeatStep(): number {
    return Number(this.#options.heartbeat) / STEPS;
  }
}
