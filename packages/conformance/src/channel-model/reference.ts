import type { Epoch } from "./epoch.js";

/** How much had happened at a point in time. */
export interface Moment {
  /** Number of calls of `publish` and `end` so far. */
  readonly calls: number;
  /** The log at that time. */
  readonly epoch: Epoch;
  /** The position of its newest entry. */
  readonly stored: number;
  /** The greatest position that was acknowledged. */
  readonly acknowledged: number;
}

/** The facts against which the events of clients are checked. */
export interface Reference {
  /** Number of events that a log keeps. */
  readonly kept: number;
  /** Whether the log is synchronous. Then stricter checks are possible. */
  readonly synchronous: boolean;
  /** All logs so far, in order. */
  readonly epochs: readonly Epoch[];
  /** The current log. */
  readonly epoch: Epoch;
  /** Number of operations that were made to fail. */
  readonly faults: number;
  /** How often the tails were cut off, or the log went down or was replaced. */
  readonly losses: number;
  /** How often the log went down. */
  readonly outages: number;
  /** Records the current moment and returns its number. */
  mark(): number;
  moment(number: number): Moment;
}
