import type { EventLog, MemoryLog } from "@ssekit/core";
import { faultyLog } from "../faulty-log.js";
import type { LatentLog, LogOperation } from "../latent-log.js";
import { pause } from "../support/within.js";

/** Makes a log that keeps so many events. */
export type CreateModelLog = (events: number) => MemoryLog | LatentLog;

/** The error with which a log goes down. */
export const DOWN = new Error("down on purpose");

/** The log of a run, and what befalls it. What befalls a log that is elsewhere does not befall one in memory. */
export class ModelLog {
  readonly synchronous: boolean;
  /** The log for the channel. */
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

  /** Where the entries are. */
  get record(): MemoryLog {
    return this.#memory ?? this.#latent!.record.log;
  }

  /** Settles when it is not down. */
  get reachable(): Promise<void> | undefined {
    return this.#reachable?.promise;
  }

  /** The next operation of this kind fails. */
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

  /** Puts an empty log in its place. `false`: it cannot be. */
  replace(): boolean {
    if (this.#latent === undefined) return false;
    this.losses++;
    this.#latent.record.replace();
    return true;
  }

  /** Is as it should be again. */
  recover(): void {
    this.#failing = undefined;
    this.#rejoin?.();
    this.#rejoin = undefined;
    this.#latent?.goUp();
    this.#reachable?.resolve();
    this.#reachable = undefined;
  }
}
