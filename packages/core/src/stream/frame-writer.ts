import type { Frame } from "../format/frame.js";
import { FrameQueue } from "./frame-queue.js";
import type { Sink } from "./sink.js";

// The most that is handed to the sink in one write. A client that reads this much within stallTimeout is not stalled,
// however large a frame is.
const MAX_WRITE_BYTES = 64 * 1024;

/**
 * Writes the frames of a stream to its sink. It collects the frames of a turn into one write, holds them while the
 * sink is full, and knows how much is unsent.
 */
export class FrameWriter {
  /** The time of the last write to the sink, in milliseconds of the scheduler's clock. */
  lastWriteAt: number;
  readonly #sink: Sink;
  readonly #clock: { now(): number };
  readonly #queue = new FrameQueue();
  #isScheduled = false;
  #isBlocked = false;
  #isOver = false;
  // Called when everything has been written: it ends the sink, or breaks it off.
  #finishSink: (() => void) | undefined;
  #waiters: ((drained: boolean) => void)[] | undefined;
  #progressAt = 0;
  #bufferedBefore = 0;

  constructor(sink: Sink, clock: { now(): number }) {
    this.#sink = sink;
    this.#clock = clock;
    this.lastWriteAt = clock.now();
  }

  get bufferedBytes(): number {
    return this.#queue.bytes + this.#sink.bufferedBytes;
  }

  /** Whether nothing waits here and the sink takes more. */
  get isIdle(): boolean {
    return !this.#isBlocked && this.#queue.isEmpty;
  }

  /** Whether the sink is full, or at least so many bytes wait here: then no more should be made for the client. */
  isCongested(bytes: number): boolean {
    return this.#isBlocked || this.#queue.bytes >= bytes;
  }

  push(frame: Frame, flush = true): void {
    this.#queue.push(frame);
    if (flush) this.flush();
  }

  /** Ends the sink after everything that was pushed, or breaks it off. `last`: the connection is not used again. */
  end(last: boolean, isBroken = false): void {
    const sink = this.#sink;
    this.#finishSink = () => (isBroken ? sink.breakOff(last) : sink.end(last));
    this.flush();
  }

  /** Cuts the client off. `last`: the connection is not used again. */
  abort(last: boolean): void {
    this.discard();
    this.#sink.abort(last);
  }

  /** Drops everything that waits, because the sink is gone. */
  discard(): void {
    this.#isOver = true;
    this.#queue.clear();
    this.#settleWaiters(false);
  }

  /**
   * Resolves with `true` when nothing waits here any more, and with `false` if the rest was discarded or the sink
   * ends.
   */
  drained(): Promise<boolean> {
    if (this.#isOver) return Promise.resolve(false);
    if (this.isIdle) return Promise.resolve(true);
    this.flush();
    return new Promise((resolve) => (this.#waiters ??= []).push(resolve));
  }

  /** Writes what waits, because the sink takes more. */
  sinkDrained(): void {
    this.#isBlocked = false;
    this.#progressAt = this.#clock.now();
    this.flushNow();
  }

  /** Whether bytes have waited in the sink for `timeout` milliseconds and none of them has left. */
  isStalled(now: number, timeout: number): boolean {
    const buffered = this.#sink.bufferedBytes;
    if (this.#bufferedBefore === 0 || buffered < this.#bufferedBefore) this.#progressAt = now;
    this.#bufferedBefore = buffered;
    return buffered > 0 && now - this.#progressAt >= timeout;
  }

  /** Writes what waits, at the end of the program's turn. */
  flush(): void {
    if (this.#isScheduled || this.#isBlocked) return;
    this.#isScheduled = true;
    this.#sink.schedule(() => {
      this.#isScheduled = false;
      this.flushNow();
    });
  }

  /** Writes what waits, at once. */
  flushNow(): void {
    if (this.#isBlocked || this.#isOver) return;
    while (!this.#queue.isEmpty) {
      const frames = this.#queue.take(MAX_WRITE_BYTES);
      this.lastWriteAt = this.#clock.now();
      if (!this.#sink.write(frames)) {
        this.#isBlocked = true;
        this.#progressAt = this.lastWriteAt;
        break;
      }
    }
    if (!this.#queue.isEmpty) return;
    if (this.#finishSink !== undefined) {
      this.#isOver = true;
      this.#settleWaiters(false);
      this.#finishSink();
    } else if (!this.#isBlocked) {
      this.#settleWaiters(true);
    }
  }

  #settleWaiters(drained: boolean): void {
    const waiters = this.#waiters;
    this.#waiters = undefined;
    for (const settle of waiters ?? []) settle(drained);
  }
}
