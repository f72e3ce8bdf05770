import { Readable } from "node:stream";
import { joinFrames, type Frame } from "@ssekit/core/adapter";
import { ResponseSink } from "./response-sink.js";

const HIGH_WATER_MARK = 16 * 1024;

/**
 * The sink of a framework that takes a stream as the body of a response, and pipes it to the response later: Koa and
 * Fastify. While the body is piped to the response itself, and not through another stream, frames go to the socket.
 */
export class BodySink extends ResponseSink {
  /** The stream for the framework. */
  readonly body: Readable;
  readonly #body: Body;
  #isBlocked = false;

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
  #destination: unknown;
  #isDiscarded = false;

  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    if (this.#isDiscarded) return destination;
    this.#destination = destination;
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
}
