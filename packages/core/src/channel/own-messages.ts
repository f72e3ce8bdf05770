import type { Frame } from "../format/frame.js";
import { Queue } from "../queue.js";
import { FrameQueue } from "../stream/frame-queue.js";
import type { Place } from "./window.js";

// How many bytes `next` sends. The caller checks between two calls whether the client is congested.
const BATCH_BYTES = 16 * 1024;

// Memory of a group without its frames.
const GROUP_BYTES = 200;

interface Group {
  readonly place: Place;
  readonly frames: FrameQueue;
}

/**
 * The messages that a program has sent on a stream that still lacks earlier events, and the program's `end()`. Each of
 * them waits until the stream has reached its place in the log.
 */
export class OwnMessages {
  /** Memory in bytes that the frames take. */
  bytes = 0;
  // In the order in which the messages were sent, which is also the order of their places.
  readonly #groups = new Queue<Group>();
  #end: { readonly place: Place; readonly endStream: () => void } | undefined;
  #onRelease: (() => void) | undefined;
  #released: Promise<void> | undefined;

  get isEmpty(): boolean {
    return this.#groups.size === 0 && this.#end === undefined;
  }

  /** Whether `end()` waits. */
  get isEnding(): boolean {
    return this.#end !== undefined;
  }

  add(place: Place, frame: Frame): void {
    let group = this.#groups.at(-1);
    if (group?.place !== place) {
      this.#groups.push((group = { place, frames: new FrameQueue() }));
      this.bytes += GROUP_BYTES;
    }
    this.bytes -= group.frames.bytes;
    group.frames.push(frame);
    this.bytes += group.frames.bytes;
  }

  endAt(place: Place, endStream: () => void): void {
    this.#end = { place, endStream };
  }

  /**
   * Sends some of the messages whose place has been reached. If none are left, ends the stream if that place has been
   * reached. Returns `false` if there was nothing to do.
   */
  next(hasReached: (place: Place) => boolean, send: (frame: Frame) => void): boolean {
    const group = this.#groups.at(0);
    if (group !== undefined) {
      if (!hasReached(group.place)) return false;
      this.bytes -= group.frames.bytes;
      const frames = group.frames.take(BATCH_BYTES);
      this.bytes += group.frames.bytes;
      if (group.frames.isEmpty) {
        this.#groups.shift();
        this.bytes -= GROUP_BYTES;
      }
      for (const frame of frames) send(frame);
      if (this.#groups.size === 0) this.clear();
      return true;
    }
    if (this.#end === undefined || !hasReached(this.#end.place)) return false;
    this.endNow();
    return true;
  }

  /** Sends all messages now, without waiting for their places. */
  release(send: (frame: Frame) => void): void {
    while (this.#groups.size > 0) for (const frame of this.#groups.shift().frames.take(Infinity)) send(frame);
    this.clear();
  }

  endNow(): void {
    const end = this.#end;
    this.#end = undefined;
    end?.endStream();
  }

  /** Drops all messages. A waiting `end()` stays. */
  clear(): void {
    this.#groups.clear();
    this.bytes = 0;
    this.#onRelease?.();
    this.#onRelease = this.#released = undefined;
  }

  /** Resolves when no message waits any more. `undefined`: no message waits now. */
  released(): Promise<void> | undefined {
    if (this.#groups.size === 0) return undefined;
    return (this.#released ??= new Promise((resolve) => (this.#onRelease = resolve)));
  }
}
