import type { EventLog, MemoryLog } from "@ssekit/core";
import { faultyLog } from "../faulty-log.js";
import type { LatentLog, LogOperation } from "../latent-log.js";
import { pause } from "../support/within.js";

/** Makes a log that keeps this number of events. */
export type CreateModelLog = (events: number) => MemoryLog | LatentLog;

/** The error that a log reports when it goes down. */
export const DOWN = new Error("down on purpose");

/** The log of a run, with its failures. A log in memory cannot lose its tails, go down or be replaced. */
export class ModelLog {
  readonly synchronous: boolean;
  /** The log as the channel gets it, with failures. */
  readonly log: EventLog;
  faults = 0;
  losses = 0;
  outages = 0;
  readonly #memory: MemoryLog | undefined;
  readonly #latent: LatentLog | undefined;
  #failing: LogOperation | undefined;
  #rejoin: (() => void) | undefined;
  #reachable: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(log: MemoryLog | LatentLog) {
    if ("record" in log) this.#latent = log;
    else this.#memory = log;
    this.synchronous = this.#latent === undefined;
    this.log = faultyLog(log, (operation) => {
      if (operation !== this.#failing) return undefined;
      this.#failing = undefined;
      this.faults++;
      return () => {
        if (this.synchronous) throw new Error(`${operation} fails on purpose`);
        return pause(2).then(() => Promise.reject(new Error(`${operation} fails on purpose`)));
      };
    });
  }

  /** The log that holds the entries, without failures. */
  get record(): MemoryLog {
    return this.#memory ?? this.#latent!.record.log;
  }

  /** Resolves when the log is up again. `undefined` if it is not down. */
  get reachable(): Promise<void> | undefined {
    return this.#reachable?.promise;
  }

  /** Makes the next operation of this kind fail. */
  fail(operation: LogOperation): void {
    this.#failing = operation;
  }

  cutTails(): void {
    if (this.#latent === undefined || this.#reachable !== undefined) return;
    this.losses++;
    this.#rejoin = this.#latent.cutTails();
  }

  goDown(): void {
    if (this.#latent === undefined || this.#reachable !== undefined) return;
    this.losses++;
    this.outages++;
    let resolve!: () => void;
    this.#reachable = { promise: new Promise((settle) => (resolve = settle)), resolve };
    this.#latent.goDown(DOWN);
  }

  /** Replaces the log by an empty one. Returns `false` for a log in memory, which cannot be replaced. */
  replace(): boolean {
    if (this.#latent === undefined) return false;
    this.losses++;
    this.#latent.record.replace();
    return true;
  }

  /** Ends all failures. */
  recover(): void {
    this.#failing = undefined;
    this.#rejoin?.();
    this.#rejoin = undefined;
    this.#latent?.goUp();
    this.#reachable?.resolve();
    this.#reachable = undefined;
  }
}
