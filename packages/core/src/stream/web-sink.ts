import { joinFrames, type Frame } from "../format/frame.js";
import type { Sink, SinkOwner } from "./sink.js";

const HIGH_WATER_MARK = 16 * 1024;
// When the body fails, a runtime drops the bytes that it has read and not sent. This delay gives it time to send
// them and the head.
const BREAK_MS = 50;

/** The sink of a `Response`, which is the body of that response. */
export class WebSink implements Sink {
  readonly body: ReadableStream<Uint8Array>;
  readonly #owner: SinkOwner;
  readonly #signal: AbortSignal | undefined;
  readonly #cut: (afterSent: boolean) => boolean;
  // Called when the client leaves, in a runtime that tells so by the request's signal.
  readonly #onAbort = (): void => {
    this.#controller.close();
    this.#close();
  };
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isBlocked = false;
  // Called when everything has been read: it ends the body, or breaks it off.
  #finishBody: (() => void) | undefined;

  /**
   * @param cut cuts the connection, with `afterSent` when everything that was read has been sent. It returns `false`
   *   if it cannot.
   */
  constructor(
    owner: SinkOwner,
    signal: AbortSignal | undefined,
    cut: (afterSent: boolean) => boolean = () => false,
  ) {
    this.#owner = owner;
    this.#signal = signal;
    this.#cut = cut;
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
    // A single frame is copied too, because a reader may transfer the bytes, and other streams share them.
    this.#controller.enqueue(frames.length === 1 ? frames[0]!.bytes.slice() : joinFrames(frames));
    this.#isBlocked = this.#controller.desiredSize! <= 0;
    return !this.#isBlocked;
  }

  get bufferedBytes(): number {
    const { desiredSize } = this.#controller;
    return desiredSize === null ? 0 : HIGH_WATER_MARK - desiredSize;
  }

  // A microtask would be too early, because an async generator that yields ten times in one turn takes many of them.
  schedule(flush: () => void): void {
    setTimeout(flush, 0);
  }

  end(): void {
    this.#finishBody = () => {
      this.#controller.close();
      this.#close();
    };
    this.#finishWhenRead();
  }

  breakOff(): void {
    this.#finishBody = () =>
      setTimeout(() => {
        this.#fail(true);
        this.#close();
      }, BREAK_MS);
    this.#finishWhenRead();
  }

  abort(): void {
    this.#fail(false);
  }

  /**
   * Fails the body, with an error that runtimes take for a client that has left, so that they print no stack trace.
   */
  #fail(afterSent: boolean): void {
    this.#removeListener();
    const error = Object.assign(new Error("The event stream was cut off"), { name: "AbortError" }); // known to Next
    error.stack = `${error.name}: ${error.message}`; // Deno prints it, and a trace of timers helps nobody
    // With this code @hono/node-server does not touch a connection that waits for its client.
    if (this.#cut(afterSent) || afterSent) Object.assign(error, { code: "ERR_STREAM_PREMATURE_CLOSE" });
    this.#controller.error(error);
  }

  /** Called by the runtime when the reader wants more. */
  #pull(): void {
    if (this.#finishBody !== undefined) {
      this.#finishWhenRead();
    } else if (this.#isBlocked) {
      this.#isBlocked = false;
      this.#owner.sinkDrained();
    }
  }

  #finishWhenRead(): void {
    if (this.bufferedBytes > 0) return;
    const finish = this.#finishBody;
    this.#finishBody = undefined;
    finish?.();
  }

  #close(): void {
    this.#removeListener();
    this.#owner.sinkClosed();
  }

  #removeListener(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}
