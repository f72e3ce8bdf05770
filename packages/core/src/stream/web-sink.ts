import { joinFrames, type Frame } from "../format/frame.js";
import type { Sink, SinkOwner } from "./sink.js";

const HIGH_WATER_MARK = 16 * 1024;
// A runtime drops what it has read and not sent when the body fails, and has to have read the head's response.
const BREAK_MS = 50;

/** The sink of a `Response`: its body. */
export class WebSink implements Sink {
  readonly body: ReadableStream<Uint8Array>;
  readonly #owner: SinkOwner;
  readonly #signal: AbortSignal | undefined;
  readonly #cut: (afterSent: boolean) => boolean;
  // The client has left, in a runtime that says so by the request.
  readonly #onAbort = (): void => {
    this.#controller.close();
    this.#close();
  };
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isBlocked = false;
  // Done when all has been read.
  #end: (() => void) | undefined;

  /** @param cut cuts the connection, `afterSent`: when it has been sent what was read; `false`: it cannot. */
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
    this.#end = () => {
      this.#controller.close();
      this.#close();
    };
    this.#endWhenRead();
  }

  breakOff(): void {
    this.#end = () =>
      setTimeout(() => {
        this.#fail(true);
        this.#close();
      }, BREAK_MS);
    this.#endWhenRead();
  }

  abort(): void {
    this.#fail(false);
  }

  /** Fails the body, with an error that is taken for a client that has left: no stack trace is printed of that. */
  #fail(afterSent: boolean): void {
    this.#forget();
    const error = Object.assign(new Error("The event stream was cut off"), { name: "AbortError" }); // for Next
    // For @hono/node-server, which at this code leaves a connection alone that waits for its client.
    if (this.#cut(afterSent) || afterSent) Object.assign(error, { code: "ERR_STREAM_PREMATURE_CLOSE" });
    this.#controller.error(error);
  }

  /** The reader wants more. */
  #pull(): void {
    if (this.#end !== undefined) {
      this.#endWhenRead();
    } else if (this.#isBlocked) {
      this.#isBlocked = false;
      this.#owner.sinkDrained();
    }
  }

  #endWhenRead(): void {
    if (this.bufferedBytes > 0) return;
    const end = this.#end;
    this.#end = undefined;
    end?.();
  }

  #close(): void {
    this.#forget();
    this.#owner.sinkClosed();
  }

  #forget(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}
