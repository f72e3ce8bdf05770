import { seeded } from "../support/seeded.js";

/** Random choices that are the same for the same seed. */
export interface Random {
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
}

export function seededRandom(seed: number): Random {
  const next = seeded(seed);
  return {
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability) => next() < probability,
  };
}
