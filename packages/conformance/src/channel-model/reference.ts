import type { Epoch } from "./epoch.js";

/** How much had happened when something was done. */
export interface Moment {
  /** How many calls of `publish` and `end` had been made. */
  readonly calls: number;
  /** The log of that time, and how much was stored there and acknowledged. */
  readonly epoch: Epoch;
  readonly stored: number;
  readonly acknowledged: number;
}

/** What clients are held against. */
export interface Reference {
  /** How many events a log keeps. */
  readonly kept: number;
  /** The log answers at once: more can be said about it. */
  readonly synchronous: boolean;
  /** The logs that there have been. */
  readonly epochs: readonly Epoch[];
  /** The log that there is. */
  readonly epoch: Epoch;
  /** How often something failed. */
  readonly faults: number;
  /** How often the tail was cut off, or the log was down or replaced. */
  readonly losses: number;
  /** How often the log was down. */
  readonly outages: number;
  /** Notes this moment, and gives its number. */
  mark(): number;
  moment(number: number): Moment;
}
