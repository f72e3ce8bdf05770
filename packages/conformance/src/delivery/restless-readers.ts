import { LogReader } from "./log-reader.js";
import { seededRandom } from "./seeded-random.js";

export interface RestlessOptions {
  readonly port: number;
  readonly count: number;
  readonly seed: number;
  /** A connection is cut before so many bytes have come. */
  readonly cutWithin: number;
  /** A reader stays away until so many events, at most, have come meanwhile. */
  readonly away: number;
}

/**
 * Readers that destroy their connection at any byte, over and over, and come back later. Where and when is random, of a
 * seed for each; how long is a number of events and not of milliseconds, so that it is the same on a slow machine.
 */
export class RestlessReaders {
  readonly all: readonly LogReader[];
  readonly #dueAt = new Map<LogReader, number>();
  readonly #timer: NodeJS.Timeout;
  #progress = 0;

  constructor({ port, count, seed, cutWithin, away }: RestlessOptions) {
    const buffer = Buffer.alloc(256 * 1024);
    this.all = Array.from({ length: count }, (_, i) => {
      const random = seededRandom(seed + i);
      return new LogReader({
        port,
        buffer,
        // Now and then in the head of the response, or in its first events.
        cutAfter: () => random.between(1, random.chance(0.1) ? 400 : cutWithin),
        onRead: (reader) => this.published(reader.last),
        onGone: (reader) => {
          if (!reader.ended) this.#dueAt.set(reader, reader.last + random.between(0, away));
        },
      });
    });
    for (const reader of this.all) reader.connect();
    this.#timer = setInterval(() => this.#comeBack(), 1);
  }

  /** So many events are there. `Infinity`: everybody comes back at once from now on. */
  published(count: number): void {
    this.#progress = Math.max(this.#progress, count);
  }

  leave(): void {
    clearInterval(this.#timer);
    for (const reader of this.all) reader.cut();
  }

  #comeBack(): void {
    for (const [reader, due] of this.#dueAt) {
      if (due > this.#progress) continue;
      this.#dueAt.delete(reader);
      reader.connect();
    }
  }
}
