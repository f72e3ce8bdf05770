import { LogReader } from "./log-reader.js";
import { seededRandom } from "./seeded-random.js";

export interface RestlessOptions {
  readonly port: number;
  readonly count: number;
  readonly seed: number;
  /** A reader cuts its connection after at most this number of bytes. */
  readonly cutWithin: number;
  /** A reader reconnects after at most this number of events was published meanwhile. */
  readonly away: number;
}

/**
 * Readers that repeatedly destroy their connection at any byte, and reconnect later. Each reader has its own random
 * seed. The time until it reconnects is measured in events, not in milliseconds, so that it is the same on a slow
 * machine.
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
        // In one of ten cases the cut is in the head of the response or in the first events.
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

  /** Reports how many events were published. `Infinity`: from now on every reader reconnects at once. */
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
