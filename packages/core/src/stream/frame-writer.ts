import type { Frame } from "../format/frame.js";
import type { Sink } from "./sink.js";

// What is handed to the sink at once. A client that takes this much within stallTimeout is not stalled.
const MAX_WRITE_BYTES = 64 * 1024;

/**
 * Between a stream and its sink: collects the frames of a turn into one write, holds them while the sink waits for
 * drain, and knows how much is unsent.
 */
export class FrameWriter {
  /** When something was last handed to the sink, in milliseconds of the scheduler's clock. */
  lastWriteAt: number;
  readonly #sink: Sink;
  readonly #clock: { now(): number };
  #pending: Frame[] = [];
  #pendingBytes = 0;
  #scheduled = false;
  #blocked = false;
  #ending: { last: boolean } | undefined;
  #ended = false;
  #waiters: ((drained: boolean) => void)[] | undefined;
  #progressAt = 0;
  #bufferedAtLastLook = 0;

  constructor(sink: Sink, clock: { now(): number }) {
    this.#sink = sink;
    this.#clock = clock;
    this.lastWriteAt = clock.now();
    sink.onDrain(() => {
      this.#blocked = false;
      this.#progressAt = this.#clock.now();
      this.#flush();
    });
  }

  get bufferedBytes(): number {
    return this.#pendingBytes + this.#sink.bufferedBytes;
  }

  /** Nothing waits here and the sink takes more. */
  get idle(): boolean {
    return !this.#blocked && this.#pending.length === 0;
  }

  /** Whether the client has so many bytes, or more, still to take that no more should be made for it. */
  isCongested(bytes: number): boolean {
    return this.#blocked || this.#pendingBytes >= bytes;
  }

  push(frame: Frame, flush = true): void {
    this.#pending.push(frame);
    this.#pendingBytes += frame.bytes.byteLength;
    if (flush) this.flush();
  }

  /** Ends the sink after all that was pushed. */
  end(last: boolean): void {
    this.#ending = { last };
    this.flush();
  }

  /** Drops what is pending: the sink is gone. */
  discard(): void {
    this.#ended = true;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#settleWaiters(false);
  }

  /** Resolves when nothing waits any more, with `false` if that is because all was discarded. */
  drained(): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    if (this.idle) return Promise.resolve(true);
    this.flush();
    return new Promise((resolve) => (this.#waiters ??= []).push(resolve));
  }

  /** Whether bytes have waited for `timeout` milliseconds without any of them leaving. */
  stalled(now: number, timeout: number): boolean {
    const buffered = this.#sink.bufferedBytes;
    if (this.#bufferedAtLastLook === 0 || buffered < this.#bufferedAtLastLook) this.#progressAt = now;
    this.#bufferedAtLastLook = buffered;
    return buffered > 0 && now - this.#progressAt >= timeout;
  }

  /** Hands on what is pending at the end of the program's turn. */
  flush(): void {
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    this.#sink.schedule(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#blocked || this.#ended) return;
    while (this.#pending.length > 0) {
      const frames = this.#take();
      this.lastWriteAt = this.#clock.now();
      if (!this.#sink.write(frames)) {
        this.#blocked = true;
        this.#progressAt = this.lastWriteAt;
        break;
      }
    }
    if (this.#pending.length > 0) return;
    if (this.#ending !== undefined) {
      this.#ended = true;
      this.#settleWaiters(false);
      this.#sink.end(this.#ending.last);
    } else if (!this.#blocked) {
      this.#settleWaiters(true);
    }
  }

  /** The frames of one write. */
  #take(): Frame[] {
    const all = this.#pending;
    if (this.#pendingBytes <= MAX_WRITE_BYTES) {
      this.#pending = [];
      this.#pendingBytes = 0;
      return all;
    }
    let count = 0;
    let bytes = 0;
    do bytes += all[count++]!.bytes.byteLength;
    while (count < all.length && bytes + all[count]!.bytes.byteLength <= MAX_WRITE_BYTES);
    this.#pending = all.slice(count);
    this.#pendingBytes -= bytes;
    return all.slice(0, count);
  }

  #settleWaiters(drained: boolean): void {
    const waiters = this.#waiters;
    this.#waiters = undefined;
    for (const settle of waiters ?? []) settle(drained);
  }
}
