import { joinFrames, type Frame } from "../format/frame.js";

// A frame costs a few hundred bytes beside its own. For these that is little, so they are kept as they are.
const LARGE_BYTES = 1024;
// So many small ones may wait one by one, since they usually leave at the end of the turn.
const MAX_LOOSE = 64;
// And so few between large ones.
const MAX_LOOSE_BETWEEN = 4;
const CHUNK_BYTES = 16 * 1024;

/**
 * Frames that wait, in their order. A backlog of small frames is copied into chunks, so that `bytes` is what the queue
 * takes of memory, give or take 40 KiB.
 */
export class FrameQueue {
  #frames: Frame[] | undefined;
  // Where the first one is in `#frames`, and how many of its bytes have been taken.
  #head = 0;
  #offset = 0;
  #bytes = 0;
  // How many small ones are at the tail.
  #loose = 0;
  // The chunk at the tail, if there is one that is not full.
  #chunk: Uint8Array | undefined;

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#frames === undefined;
  }

  push(frame: Frame): void {
    const frames = (this.#frames ??= []);
    const { byteLength } = frame.bytes;
    this.#bytes += byteLength;
    if (byteLength >= LARGE_BYTES) {
      if (this.#chunk !== undefined || this.#loose > MAX_LOOSE_BETWEEN) this.#closeRun();
      frames.push(frame);
      this.#loose = 0;
    } else if (!this.#append(frame.bytes)) {
      frames.push(frame);
      if (++this.#loose === MAX_LOOSE) this.#beginChunk();
    }
  }

  /** Takes up to `maxBytes` out. The first frame is cut if it is larger; otherwise frames stay whole. */
  take(maxBytes: number): Frame[] {
    const frames = this.#frames;
    if (frames === undefined) return [];
    if (this.#bytes <= maxBytes && this.#head === 0 && this.#offset === 0) {
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
    this.#bytes -= maxBytes - room;
    this.#tidy(frames);
    return taken;
  }

  clear(): void {
    this.#frames = undefined;
    this.#head = 0;
    this.#offset = 0;
    this.#bytes = 0;
    this.#loose = 0;
    this.#chunk = undefined;
  }

  /** Gives up the places of frames that have been taken, now and then, so that taking one costs the same always. */
  #tidy(frames: Frame[]): void {
    if (this.#head === frames.length) return this.clear();
    this.#loose = Math.min(this.#loose, frames.length - this.#head);
    if (this.#head < frames.length / 2) return;
    this.#frames = frames.slice(this.#head);
    this.#head = 0;
  }

  /** Puts one frame in place of the small ones at the tail. */
  #joinLoose(): Uint8Array {
    const frames = this.#frames!;
    const isCut = this.#offset > 0 && this.#loose === frames.length - this.#head;
    const bytes = joinFrames(frames.splice(isCut ? this.#head + 1 : frames.length - this.#loose));
    this.#loose = 0;
    frames.push({ bytes });
    return bytes;
  }

  /** Begins a chunk with the small frames at the tail. */
  #beginChunk(): void {
    const joined = this.#joinLoose();
    this.#chunk = new Uint8Array(Math.max(CHUNK_BYTES, joined.byteLength));
    this.#chunk.set(joined);
    this.#frames![this.#frames!.length - 1] = { bytes: this.#chunk.subarray(0, joined.byteLength) };
  }

  /** No small frame follows those at the tail, so they get no more memory than they need. */
  #closeRun(): void {
    if (this.#chunk === undefined) return void this.#joinLoose();
    this.#chunk = undefined;
    const frames = this.#frames!;
    frames[frames.length - 1] = { bytes: frames.at(-1)!.bytes.slice() };
  }

  /** Adds to the chunk at the tail. `false`: there is none, or it is full. */
  #append(bytes: Uint8Array): boolean {
    if (this.#chunk === undefined) return false;
    const frames = this.#frames!;
    const length = frames.at(-1)!.bytes.byteLength;
    if (length + bytes.byteLength > this.#chunk.byteLength) {
      this.#chunk = undefined;
      return false;
    }
    this.#chunk.set(bytes, length);
    frames[frames.length - 1] = { bytes: this.#chunk.subarray(0, length + bytes.byteLength) };
    return true;
  }
}
