import type { Frame } from "../format/frame.js";

/** What a program has sent on a stream that still lacks what was published before: each waits for a place in the log. */
export class DeferredFrames {
  #waiting: { readonly at: string; readonly frame: Frame }[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(at: string, frame: Frame): void {
    this.#waiting.push({ at, frame });
    this.#bytes += frame.bytes.byteLength;
  }

  /** Sends those whose place has been reached; without a place, all. */
  release(at: string | undefined, send: (frame: Frame) => void): void {
    while (this.#waiting.length > 0 && (at === undefined || this.#waiting[0]!.at === at)) {
      const { frame } = this.#waiting.shift()!;
      this.#bytes -= frame.bytes.byteLength;
      send(frame);
    }
  }

  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }
}
