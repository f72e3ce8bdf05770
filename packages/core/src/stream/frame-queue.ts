import type { Frame } from "../format/frame.js";

// A frame takes a few hundred bytes of memory beside its own. For frames of this size that is little, so they are not
// copied.
const LARGE_BYTES = 1024;
// So many frames are not copied either, whatever their size, since they usually leave at the end of the turn.
const FEW = 64;
const CHUNK_BYTES = 16 * 1024;

/**
 * The frames that wait, in their order. Small frames of a long backlog are copied into chunks, so that the queue
 * takes `bytes` of memory, give or take 40 KiB.
 */
export class FrameQueue {
  /** The number of bytes that wait. */
  bytes = 0;
  #frames: Frame[] | undefined;
  // The index of the first frame in `#frames`, and how many of its bytes have been taken.
  #head = 0;
  #offset = 0;
  // The chunk behind the last frame, if there is one: further frames can be copied into it.
  #chunk: Uint8Array | undefined;

  get isEmpty(): boolean {
    return this.#frames === undefined;
  }

  push(frame: Frame): void {
    const frames = (this.#frames ??= []);
    const { byteLength } = frame.bytes;
    this.bytes += byteLength;
    if (byteLength < LARGE_BYTES && (this.#chunk !== undefined || frames.length - this.#head >= FEW)) {
      this.#copy(frame.bytes, frames);
      return;
    }
    // The copy frees the unused rest of the chunk.
    if (this.#chunk !== undefined) frames.push({ bytes: frames.pop()!.bytes.slice() });
    this.#chunk = undefined;
    frames.push(frame);
  }

  /** Removes and returns up to `maxBytes`. A first frame that is larger is cut, and all others stay whole. */
  take(maxBytes: number): Frame[] {
    const frames = this.#frames;
    if (frames === undefined) return [];
    if (this.bytes <= maxBytes && this.#head === 0 && this.#offset === 0) {
      this.clear();
      return frames;
    }
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
    if (this.#head === frames.length) {
      this.clear();
    } else if (this.#head >= frames.length / 2) {
      this.#frames = frames.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  clear(): void {
    this.#frames = this.#chunk = undefined;
    this.#head = this.#offset = this.bytes = 0;
  }

  /** Copies a small frame to the end of the chunk, or to a new chunk if it does not fit. */
  #copy(bytes: Uint8Array, frames: Frame[]): void {
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
