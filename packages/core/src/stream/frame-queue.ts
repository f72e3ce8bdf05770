import type { Frame } from "../format/frame.js";
import { Backlog } from "./backlog.js";
import { Batch } from "./batch.js";

// Most streams are sent less than this in a turn. It is shared by all of them, and freed with the next turn.
const MAX_BATCH_FRAMES = 64;
const MAX_BATCH_BYTES = 64 * 1024;

const EMPTY = new Batch();

/** The frames that wait for a stream, in their order: a batch that other streams have too, or a backlog of its own. */
export class FrameQueue {
  #batch = EMPTY;
  #backlog: Backlog | undefined;

  /** The number of bytes that wait. */
  get bytes(): number {
    return this.#backlog === undefined ? this.#batch.bytes : this.#backlog.bytes;
  }

  get isEmpty(): boolean {
    return this.#batch === EMPTY && this.#backlog === undefined;
  }

  push(frame: Frame): void {
    const batch = this.#batch;
    if (this.#backlog !== undefined) {
      this.#backlog.push(frame);
    } else if (batch.size < MAX_BATCH_FRAMES && batch.bytes + frame.bytes.byteLength <= MAX_BATCH_BYTES) {
      this.#batch = batch.with(frame);
    } else {
      this.#backlog = new Backlog(batch);
      this.#backlog.push(frame);
      this.#batch = EMPTY;
    }
  }

  /** Removes and returns up to `maxBytes`. A first frame that is larger is cut, and all others stay whole. */
  take(maxBytes: number): readonly Frame[] {
    const batch = this.#batch;
    if (this.#backlog === undefined) {
      this.#batch = EMPTY;
      if (batch.bytes <= maxBytes) return batch.frames;
      this.#backlog = new Backlog(batch);
    }
    const taken = this.#backlog.take(maxBytes);
    if (this.#backlog.isEmpty) this.#backlog = undefined;
    return taken;
  }

  clear(): void {
    this.#batch = EMPTY;
    this.#backlog = undefined;
  }
}
