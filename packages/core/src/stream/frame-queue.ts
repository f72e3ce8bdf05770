import type { Frame } from "../format/frame.js";
export class FrameQueue {
  #frames: Frame[] = []; #bytes = 0;
  get bytes() { return this.#bytes; }
  get isEmpty() { return this.#frames.length === 0; }
  push(frame: Frame) { this.#frames.push(frame); this.#bytes += frame.bytes.byteLength; }
  take(_max: number): Frame[] { const f = this.#frames; this.#frames = []; this.#bytes = 0; return f; }
  clear() { this.#frames = []; this.#bytes = 0; }
}
