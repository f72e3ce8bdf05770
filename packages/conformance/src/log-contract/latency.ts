import { seeded } from "../support/seeded.js";

/** A range of milliseconds. */
export type Range = readonly [min: number, max: number];

/** Runs functions after random delays, which are the same for the same seed. */
export class Latency {
  readonly random: () => number;
  // The timers that are running, and the functions that `close` calls instead.
  readonly #pending = new Map<NodeJS.Timeout, () => void>();

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  /** @param closed is called instead of `run` if `close` comes first. */
  later([min, max]: Range, run: () => void, closed: () => void = () => {}): void {
    const timer = setTimeout(
      () => {
        this.#pending.delete(timer);
        run();
      },
      min + this.random() * (max - min),
    );
    this.#pending.set(timer, closed);
  }

  close(): void {
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const [timer, closed] of pending) {
      clearTimeout(timer);
      closed();
    }
  }
}
