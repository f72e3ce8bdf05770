import type { ResolvedOptions } from "./options.js";
import type { PortSubscription } from "./stream-port.js";

/** An `end()` that waits until the subscription has sent the events that were published before it. */
export class AwaitedEnd {
  readonly #subscription: PortSubscription;
  readonly #stallTimeout: number;
  // When the subscription is told to wait for its snapshot no longer. Infinity: it has been told.
  #skipAt: number;
  #progressAt: number;

  constructor(subscription: PortSubscription, options: ResolvedOptions, now: number) {
    this.#subscription = subscription;
    this.#stallTimeout = options.stallTimeout;
    this.#skipAt = now + options.headTimeout;
    this.#progressAt = now;
  }

  /** Notes that the subscription has sent something, or that the client is still reading what it sent. */
  progressed(now: number): void {
    this.#progressAt = now;
  }

  /** Does what is due. `false`: the subscription has sent nothing for so long that the wait is over. */
  onTime(now: number): boolean {
    if (now >= this.#skipAt) {
      this.#skipAt = Infinity;
      this.#subscription.skipSnapshot();
    }
    return now - this.#progressAt < this.#stallTimeout;
  }

  /** The time of the next `onTime`, in milliseconds of the scheduler's clock. */
  get dueAt(): number {
    return Math.min(this.#skipAt, this.#progressAt + this.#stallTimeout);
  }
}
