import type { Frame } from "../format/frame.js";
import { Batch } from "./batch.js";

// A frame costs a few hundred bytes beside its own. For these that is little, so they are kept as they are.
const LARGE_BYTES = 1024;
// So are the first ones, since they usually leave at the end of the turn.
const FEW = 64;
const CHUNK_BYTES = 16 * 1024;

// Nothing, and what most streams are sent in a turn. It keeps the frames of the last turn, no more than the limits say.
const EMPTY = new Batch();
const MAX_BATCH_BYTES = 64 * 1024;

/**
 * Frames that wait, in their order. A backlog of small frames is copied into chunks, so that `bytes` is what the queue
 * takes of memory, give or take 40 KiB.
 */
export class FrameQueue {
  /** Bytes that wait. */
  bytes = 0;
  // A few frames are a batch, which streams share. More are a list of this queue's own.
  #batch = EMPTY;
  #frames: Frame[] | undefined;
  // Where the first one is in `#frames`, and how many of its bytes have been taken.
  #head = 0;
  #offset = 0;
  // The chunk that the last frame is the beginning of, if more can be copied into it.
  #chunk: Uint8Array | undefined;

  get isEmpty(): boolean {
    return this.#batch === EMPTY && this.#frames === undefined;
  }

  push(frame: Frame): void {
    const { byteLength } = frame.bytes;
    this.bytes += byteLength;
    if (this.#frames === undefined && this.#batch.size < FEW && this.bytes <= MAX_BATCH_BYTES) {
      this.#batch = this.#batch.with(frame);
      return;
    }
    const frames = (this.#frames ??= [...this.#batch.frames]);
    this.#batch = EMPTY;
    if (byteLength < LARGE_BYTES && (this.#chunk !== undefined || frames.length - this.#head >= FEW)) {
      this.#copy(frame.bytes, frames);
      return;
    }
    if (this.#chunk !== undefined) frames.push({ bytes: frames.pop()!.bytes.slice() }); // no more than it needs
    this.#chunk = undefined;
    frames.push(frame);
  }

  /** Takes up to `maxBytes` out. The first frame is cut if it is larger; otherwise frames stay whole. */
  take(maxBytes: number): readonly Frame[] {
    if (this.#frames === undefined && this.bytes <= maxBytes) {
      const { frames } = this.#batch;
      this.#batch = EMPTY;
      this.bytes = 0;
      return frames;
    }
    const frames = (this.#frames ??= [...this.#batch.frames]);
    this.#batch = EMPTY;
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
      frames[this.#head++] = undefined!; // to be forgotten
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
    this.#batch = EMPTY;
    this.#frames = this.#chunk = undefined;
    this.#head = this.#offset = this.bytes = 0;
  }

  /** Copies a small frame to the end of the chunk, or of a new one if it does not fit. */
  #copy(bytes: Uint8Array, frames: Frame[]): void {
    let length = this.#chunk === undefined ? CHUNK_BYTES : frames.at(-1)!.bytes.byteLength;
    if (length + bytes.byteLength > CHUNK_BYTES) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      length = 0;
    } else {
      frames.pop(); // it is the same chunk, shorter
    }
    this.#chunk!.set(bytes, length);
    frames.push({ bytes: this.#chunk!.subarray(0, length + bytes.byteLength) });
  }
}
