import type { ResolvedOptions } from "./options.js";
import type { PortSubscription } from "./stream-port.js";

/** An `end()` that waits until the subscription has sent what was published before it. */
export class AwaitedEnd {
  readonly #subscription: PortSubscription;
  readonly #stallTimeout: number;
  // When a snapshot is waited for no longer; Infinity: that has been said.
  #skipAt: number;
  #progressAt: number;

  constructor(subscription: PortSubscription, options: ResolvedOptions, now: number) {
    this.#subscription = subscription;
    this.#stallTimeout = options.stallTimeout;
    this.#skipAt = now + options.headTimeout;
    this.#progressAt = now;
  }

  /** The subscription has sent something, or the client is still taking what it sent. */
  progressed(now: number): void {
    this.#progressAt = now;
  }

  /** Does what is due. `false`: nothing has come for so long that nothing is waited for. */
  onTime(now: number): boolean {
    if (now >= this.#skipAt) {
      this.#skipAt = Infinity;
      this.#subscription.skipSnapshot();
    }
    return now - this.#progressAt < this.#stallTimeout;
  }

  /** When something may be due, in milliseconds of the scheduler's clock. */
  get dueAt(): number {
    return Math.min(this.#skipAt, this.#progressAt + this.#stallTimeout);
  }
}
