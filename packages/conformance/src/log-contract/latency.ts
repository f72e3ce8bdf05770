import { seeded } from "../support/seeded.js";

/** Milliseconds. */
export type Range = readonly [min: number, max: number];

/** Things that happen some time later, the same for the same seed. */
export class Latency {
  readonly random: () => number;
  // What is under way, and what becomes of it if it is closed first.
  readonly #pending = new Map<NodeJS.Timeout, () => void>();

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  /** @param closed is called instead, if it is closed before. */
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
