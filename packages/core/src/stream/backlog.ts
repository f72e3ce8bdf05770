import type { Frame } from "../format/frame.js";
import type { Batch } from "./batch.js";

// A frame takes a few hundred bytes of memory beside its own. For frames of this size that is little, so they are not
// copied.
const LARGE_BYTES = 1024;
const CHUNK_BYTES = 16 * 1024;

/**
 * Many frames that wait, in their order. Small frames are copied into chunks, so that the backlog takes `bytes` of
 * memory, give or take 40 KiB.
 */
export class Backlog {
  /** The number of bytes that wait. */
  bytes: number;
  #frames: Frame[];
  // The index of the first frame in `#frames`, and how many of its bytes have been taken.
  #head = 0;
  #offset = 0;
  // The chunk behind the last frame, if there is one: further frames can be copied into it.
  #chunk: Uint8Array | undefined;

  constructor({ frames, bytes }: Batch) {
    this.#frames = [...frames];
    this.bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#frames.length;
  }

  push(frame: Frame): void {
    const { byteLength } = frame.bytes;
    this.bytes += byteLength;
    if (byteLength < LARGE_BYTES) return this.#copy(frame.bytes);
    // The copy frees the unused rest of the chunk.
    if (this.#chunk !== undefined) this.#frames.push({ bytes: this.#frames.pop()!.bytes.slice() });
    this.#chunk = undefined;
    this.#frames.push(frame);
  }

  /** Removes and returns up to `maxBytes`. A first frame that is larger is cut, and all others stay whole. */
  take(maxBytes: number): readonly Frame[] {
    const frames = this.#frames;
    const taken: Frame[] = [];
    let room = maxBytes;
    while (this.#head < frames.length) {
      const first = frames[this.#head]!;
      const rest = this.#offset === 0 ? first : { bytes: first.bytes.subarray(this.#offset) };
      const { byteLength } = rest.bytes;
      if (byteLength > room) {
        if (taken.length > 0) break;
        taken.push({ bytes: rest.bytes.subarray(0, room) });
        this.#offset += room;
        room = 0;
        break;
      }
      taken.push(rest);
      room -= byteLength;
      frames[this.#head++] = undefined!; // frees the frame
      this.#offset = 0;
    }
    this.bytes -= maxBytes - room;
    if (this.#head >= frames.length / 2) {
      this.#frames = frames.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  /** Copies a small frame to the end of the chunk, or to a new chunk if it does not fit. */
  #copy(bytes: Uint8Array): void {
    const frames = this.#frames;
    let length = this.#chunk === undefined ? CHUNK_BYTES : frames.at(-1)!.bytes.byteLength;
    if (length + bytes.byteLength > CHUNK_BYTES) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      length = 0;
    } else {
      frames.pop(); // the same chunk is pushed again, with the new frame in it
    }
    this.#chunk!.set(bytes, length);
    frames.push({ bytes: this.#chunk!.subarray(0, length + bytes.byteLength) });
  }
}
