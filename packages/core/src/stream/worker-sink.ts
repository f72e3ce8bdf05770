import { joinFrames, type Frame } from "../format/frame.js";
import { SseError } from "../sse-error.js";
import type { Sink, SinkOwner } from "./sink.js";
import type { RequestContext, WorkerGlobals } from "./worker-request.js";

const HIGH_WATER_MARK = 16 * 1024;
// When the body fails, a runtime drops the bytes that it has read and not sent. This delay gives it time to send them.
const BREAK_MS = 50;

/**
 * The sink of a `Response` in a Worker. workerd reads a `ReadableStream` of JavaScript megabytes ahead of the client, and
 * some of its versions never tell such a stream that the client has left. With its own transform stream, a write waits
 * until the client takes the bytes, and fails when the client has left.
 */
export class WorkerSink implements Sink {
  readonly body: ReadableStream<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #owner: SinkOwner;
  readonly #request: RequestContext;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#close();
  #bufferedBytes = 0;
  #isBlocked = false;
  #isClosed = false;
  #wasReported = false;
  // Called when everything that was written has been read.
  #finishBody: (() => void) | undefined;

  constructor(
    { IdentityTransformStream }: WorkerGlobals,
    owner: SinkOwner,
    request: RequestContext,
    signal: AbortSignal | undefined,
  ) {
    const { readable, writable } = new IdentityTransformStream();
    this.body = readable;
    this.#writer = writable.getWriter();
    this.#owner = owner;
    this.#request = request;
    this.#signal = signal;
    this.#writer.closed.then(undefined, () => this.#close());
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  write(frames: readonly Frame[]): boolean {
    // Shared frames need no copy, because a reader of this transform stream gets bytes of its own.
    const bytes = frames.length === 1 ? frames[0]!.bytes : joinFrames(frames);
    this.#bufferedBytes += bytes.byteLength;
    this.#run(() => this.#write(bytes));
    this.#isBlocked = this.#bufferedBytes >= HIGH_WATER_MARK;
    return !this.#isBlocked;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  // A timer belongs to the request that makes it, and never fires when that request is over.
  schedule(flush: () => void): void {
    this.#run(() => setTimeout(flush, 0));
  }

  end(): void {
    this.#finish(() => {
      this.#writer.close().then(
        () => this.#close(),
        () => this.#close(),
      );
    });
  }

  breakOff(): void {
    this.#finish(() =>
      setTimeout(() => {
        this.#fail();
        this.#close();
      }, BREAK_MS),
    );
  }

  abort(): void {
    this.#run(() => {
      this.#removeListener();
      this.#isClosed = true;
      this.#fail();
    });
  }

  #write(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#writer.write(bytes).then(
      () => this.#written(bytes.byteLength),
      () => this.#close(),
    );
  }

  #written(bytes: number): void {
    this.#bufferedBytes -= bytes;
    this.#finishWhenRead();
    if (!this.#isBlocked || this.#bufferedBytes >= HIGH_WATER_MARK) return;
    this.#isBlocked = false;
    this.#owner.sinkDrained();
  }

  #finish(finishBody: () => void): void {
    this.#run(() => {
      this.#finishBody = finishBody;
      this.#finishWhenRead();
    });
  }

  #finishWhenRead(): void {
    if (this.#bufferedBytes > 0 || this.#isClosed) return;
    const finish = this.#finishBody;
    this.#finishBody = undefined;
    finish?.();
  }

  #fail(): void {
    this.#writer.abort(new Error("The event stream was cut off")).catch(() => {});
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#removeListener();
    this.#owner.sinkClosed();
  }

  #removeListener(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  /** Runs the task in the request of this stream. It reports a call from another request, once for each stream. */
  #run(task: () => void): void {
    if (!this.#wasReported && !this.#request.isCurrent) {
      this.#wasReported = true;
      this.#owner.sinkMisused(
        new SseError(
          "ERR_SSE_OTHER_REQUEST",
          "This stream belongs to another request. A Worker runs in many isolates, and an event that is sent from one " +
            "request reaches only the streams in the same isolate. To send to all clients, keep their streams in a " +
            "Durable Object",
        ),
      );
    }
    this.#request.run(task);
  }
}
