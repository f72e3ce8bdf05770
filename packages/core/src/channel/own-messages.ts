import type { Frame } from "../format/frame.js";
import { FrameQueue } from "../stream/frame-queue.js";
import type { Place } from "./window.js";

// What is sent at once when a place has been reached. The client's congestion is looked at in between.
const BATCH_BYTES = 16 * 1024;

// What a group takes beside its frames.
const GROUP_BYTES = 200;

interface Group {
  readonly place: Place;
  readonly frames: FrameQueue;
}

/** What a program has sent on a stream that still lacks earlier events, and its `end()`: each waits for a place in the log. */
export class OwnMessages {
  // In the order in which they were sent, and so of their places. Those before #head have been sent.
  #groups: Group[] = [];
  #head = 0;
  #bytes = 0;
  #end: { readonly place: Place; readonly end: () => void } | undefined;
  #onRelease: (() => void) | undefined;
  #released: Promise<void> | undefined;

  /** Memory in bytes that the frames take. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#groups.length && this.#end === undefined;
  }

  /** Whether `end()` waits. */
  get isEnding(): boolean {
    return this.#end !== undefined;
  }

  add(place: Place, frame: Frame): void {
    let group = this.#groups.at(-1);
    if (group?.place !== place) {
      this.#groups.push((group = { place, frames: new FrameQueue() }));
      this.#bytes += GROUP_BYTES;
    }
    this.#bytes -= group.frames.bytes;
    group.frames.push(frame);
    this.#bytes += group.frames.bytes;
  }

  endAt(place: Place, end: () => void): void {
    this.#end = { place, end };
  }

  /** Sends some of what waits for a place that has been reached, or ends. `false`: there is none. */
  next(hasReached: (place: Place) => boolean, send: (frame: Frame) => void): boolean {
    const group = this.#groups[this.#head];
    if (group !== undefined) {
      if (!hasReached(group.place)) return false;
      this.#bytes -= group.frames.bytes;
      const frames = group.frames.take(BATCH_BYTES);
      this.#bytes += group.frames.bytes;
      if (group.frames.isEmpty) this.#shift();
      for (const frame of frames) send(frame);
      if (this.#head === this.#groups.length) this.clear();
      return true;
    }
    if (this.#end === undefined || !hasReached(this.#end.place)) return false;
    this.endNow();
    return true;
  }

  /** Sends all of it, wherever the stream is. */
  release(send: (frame: Frame) => void): void {
    const groups = this.#groups.slice(this.#head);
    this.clear();
    for (const { frames } of groups) for (const frame of frames.take(Infinity)) send(frame);
  }

  endNow(): void {
    const end = this.#end;
    this.#end = undefined;
    end?.end();
  }

  /** Forgets the frames. */
  clear(): void {
    this.#groups = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#onRelease?.();
    this.#onRelease = this.#released = undefined;
  }

  /** Resolves when no frame waits any more; `undefined`: none does. */
  released(): Promise<void> | undefined {
    if (this.#head === this.#groups.length) return undefined;
    return (this.#released ??= new Promise((resolve) => (this.#onRelease = resolve)));
  }

  #shift(): void {
    this.#groups[this.#head++] = undefined!;
    this.#bytes -= GROUP_BYTES;
    if (this.#head > 32 && this.#head > this.#groups.length / 2) {
      this.#groups = this.#groups.slice(this.#head);
      this.#head = 0;
    }
  }
}
