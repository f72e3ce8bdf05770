import { joinFrames, type Frame } from "../format/frame.js";
import type { Sink, SinkOwner } from "./sink.js";

const HIGH_WATER_MARK = 16 * 1024;

/** The sink of a `Response`: its body. */
export class WebSink implements Sink {
  readonly body: ReadableStream<Uint8Array>;
  readonly #owner: SinkOwner;
  readonly #signal: AbortSignal | undefined;
  // The client has left, in a runtime that says so by the request.
  readonly #onAbort = (): void => {
    this.#controller.close();
    this.#close();
  };
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isBlocked = false;
  #isEnding = false;

  constructor(owner: SinkOwner, signal: AbortSignal | undefined) {
    this.#owner = owner;
    this.#signal = signal;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: () => this.#close(),
      },
      { highWaterMark: HIGH_WATER_MARK, size: (chunk) => chunk.byteLength },
    );
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  write(frames: readonly Frame[]): boolean {
    // A copy also of a single frame: a reader may transfer what it gets, and others are sent the same bytes.
    this.#controller.enqueue(frames.length === 1 ? frames[0]!.bytes.slice() : joinFrames(frames));
    this.#isBlocked = this.#controller.desiredSize! <= 0;
    return !this.#isBlocked;
  }

  get bufferedBytes(): number {
    const { desiredSize } = this.#controller;
    return desiredSize === null ? 0 : HIGH_WATER_MARK - desiredSize;
  }

  // A microtask would be too early: an async generator that yields ten times in one turn takes many of them.
  schedule(flush: () => void): void {
    setTimeout(flush, 0);
  }

  end(): void {
    this.#isEnding = true;
    this.#endWhenRead();
  }

  abort(): void {
    this.#forget();
    this.#controller.error(new Error("The event stream was cut"));
  }

  /** The reader wants more. */
  #pull(): void {
    if (this.#isEnding) {
      this.#endWhenRead();
    } else if (this.#isBlocked) {
      this.#isBlocked = false;
      this.#owner.sinkDrained();
    }
  }

  #endWhenRead(): void {
    if (this.bufferedBytes > 0) return;
    this.#controller.close();
    this.#close();
  }

  #close(): void {
    this.#forget();
    this.#owner.sinkClosed();
  }

  #forget(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}
