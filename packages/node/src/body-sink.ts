import { Readable } from "node:stream";
import { joinFrames, type Frame } from "@ssekit/core/adapter";
import { ResponseSink } from "./response-sink.js";

const HIGH_WATER_MARK = 16 * 1024;
// How long a failed stream waits for a wrapper, such as compression, before it breaks off. In milliseconds.
const WRAPPER_MS = 2_000;

/**
 * The sink of a framework that takes a stream as the body of a response, and pipes it to the response later: Koa and
 * Fastify. While the body is piped to the response itself, and not through another stream, frames go to the socket.
 */
export class BodySink extends ResponseSink {
  /** The stream for the framework. */
  readonly body: Readable;
  readonly #body: Body;
  #isBlocked = false;
  #breakBy: number | undefined;

  constructor(...given: ConstructorParameters<typeof ResponseSink>) {
    super(...given);
    this.body = this.#body = new Body({ highWaterMark: HIGH_WATER_MARK, read: () => this.#read() });
  }

  override write(frames: readonly Frame[]): boolean {
    if (this.#body.flowsInto(this.res) && this.writesDirectly) return this.writeChunk(frames);
    this.#isBlocked = !this.body.push(joinFrames(frames));
    return !this.#isBlocked;
  }

  override responseDrained(): void {
    if (!this.#isBlocked) super.responseDrained(); // else it waits for the body
  }

  #read(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.owner.sinkDrained();
  }

  override get bufferedBytes(): number {
    return this.body.readableLength + super.bufferedBytes;
  }

  // Not in `bufferedBytes`, because a source waits until that is less, and a wrapper does not tell when it has passed on
  // its bytes. A wrapper that never does is waited for only so long.
  protected override get unsentBytes(): number {
    this.#breakBy ??= performance.now() + WRAPPER_MS;
    const inWrapper = performance.now() < this.#breakBy ? this.#body.bytesInWrapper(this.res) : 0;
    return this.bufferedBytes + inWrapper;
  }

  // Not before the framework sends the response, because the app may set headers until then.
  override sendHead(): void {
    this.res.once("pipe", () => super.sendHead());
  }

  override end(last = false): void {
    if (last) this.endConnection();
    this.body.push(null);
  }

  /** Keeps everything from the response, also if the framework pipes the body to it later. */
  discard(): void {
    this.#body.discard();
  }
}

/** A stream that knows who reads it. */
class Body extends Readable {
  #destination: { writableLength?: number; readableLength?: number } | undefined;
  #isDiscarded = false;

  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    if (this.#isDiscarded) return destination;
    this.#destination = destination as { writableLength?: number };
    return super.pipe(destination, options);
  }

  override unpipe(destination?: NodeJS.WritableStream): this {
    this.#destination = undefined;
    return super.unpipe(destination);
  }

  discard(): void {
    this.#isDiscarded = true;
    this.unpipe();
  }

  /** Whether it is piped to this, nothing is on the way, and nobody else reads it. */
  flowsInto(destination: unknown): boolean {
    return (
      this.#destination === destination &&
      // It is neither paused nor read in another way.
      this.readableFlowing === true &&
      this.readableLength === 0 &&
      // The pipe's own.
      this.listenerCount("data") === 1
    );
  }

  /** The bytes that are in a stream that wraps this one, such as compression, and not in the response. */
  bytesInWrapper(response: unknown): number {
    const { writableLength = 0, readableLength = 0 } = this.#destination ?? {};
    return this.#destination === response ? 0 : writableLength + readableLength;
  }
}
