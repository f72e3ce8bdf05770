import type { Frame } from "../format/frame.js";

/**
 * A few frames that are sent together. A batch is made by adding a frame to another one, which remembers the result: so
 * all streams that are sent the same frames in a turn have the same batch, and the same array of frames, by which a
 * transport knows that it has joined them before. For one more stream nothing is allocated.
 */
export class Batch {
  readonly size: number;
  readonly bytes: number;
  readonly #before: Batch | undefined;
  readonly #frame: Frame | undefined;
  #longer: Batch | undefined;
  #frames: readonly Frame[] | undefined;

  constructor(before?: Batch, frame?: Frame) {
    this.#before = before;
    this.#frame = frame;
    this.size = before === undefined ? 0 : before.size + 1;
    this.bytes = before === undefined ? 0 : before.bytes + frame!.bytes.byteLength;
  }

  /** This batch and one more frame. */
  with(frame: Frame): Batch {
    const longer = this.#longer;
    if (longer !== undefined && longer.#frame === frame) return longer;
    return (this.#longer = new Batch(this, frame));
  }

  /** In their order; the same array each time. */
  get frames(): readonly Frame[] {
    return (this.#frames ??= Batch.#collect(this));
  }

  static #collect(longest: Batch): Frame[] {
    const frames = Array.from<Frame>({ length: longest.size });
    let batch = longest;
    while (batch.#before !== undefined) {
      frames[batch.size - 1] = batch.#frame!;
      batch = batch.#before;
    }
    return frames;
  }
}
