import { Readable } from "node:stream";
import { joinFrames, ResponseSink, type Frame } from "@ssekit/node/adapter";

const HIGH_WATER_MARK = 16 * 1024;

/** The sink of a Koa response: a stream in `ctx.body`, which Koa pipes to the response. */
export class BodySink extends ResponseSink {
  readonly body = new Readable({ highWaterMark: HIGH_WATER_MARK, read: () => this.#read() });
  #isBlocked = false;

  override write(frames: readonly Frame[]): boolean {
    this.#isBlocked = !this.body.push(joinFrames(frames));
    return !this.#isBlocked;
  }

  #read(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.owner.sinkDrained();
  }

  override get bufferedBytes(): number {
    return this.body.readableLength + super.bufferedBytes;
  }

  // Not before Koa sends the response, because middleware may set headers until then.
  override sendHead(): void {
    this.res.once("pipe", () => super.sendHead());
  }

  override end(last = false): void {
    if (last) this.endConnection();
    this.body.push(null);
  }
}
