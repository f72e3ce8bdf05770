import { pause } from "../support/within.js";
import type { ClusterNode } from "./cluster-node.js";

export interface PublishersOptions {
  readonly nodes: readonly ClusterNode[];
  /** How many batches each node has under way. Default: 1. */
  readonly inFlight?: number;
  /** The numbers from `first` to `last` are published. */
  readonly first: number;
  readonly last: number;
  /** Returns how many numbers to publish in one turn. */
  readonly batch: () => number;
  /** Whether this number may be published yet. It is asked again until it may. Default: always. */
  readonly mayPublish?: (number: number) => boolean;
}

/**
 * Publishes numbers on all nodes at the same time. If a node dies, nobody knows which of its numbers were stored, so
 * they are published again, with the same idempotency keys.
 */
export class Publishers {
  /** How many numbers the log has acknowledged. */
  acknowledged = 0;
  /** How often numbers were published again because a node died. */
  repeated = 0;
  /** Resolves when every number was acknowledged. */
  readonly done: Promise<unknown>;
  readonly #options: PublishersOptions;
  #next: number;

  constructor(options: PublishersOptions) {
    this.#options = options;
    this.#next = options.first;
    const { nodes, inFlight = 1 } = options;
    const runs = nodes.flatMap((node) => Array.from({ length: inFlight }, () => this.#run(node)));
    this.done = Promise.all(runs);
  }

  async #run(node: ClusterNode): Promise<void> {
    const { last, batch, mayPublish = () => true } = this.#options;
    while (this.#next <= last) {
      if (!mayPublish(this.#next)) {
        await pause(5);
        continue;
      }
      const first = this.#next;
      this.#next = Math.min(first + batch(), last + 1);
      const numbers = Array.from({ length: this.#next - first }, (_, i) => first + i);
      while (!(await this.#publish(node, numbers))) await pause(10);
      this.acknowledged += numbers.length;
    }
  }

  /** Returns `false` if the node was not there, or died meanwhile. */
  async #publish(node: ClusterNode, numbers: readonly number[]): Promise<boolean> {
    if (node.port === undefined) return false;
    try {
      await node.publish(numbers);
      return true;
    } catch (error) {
      if (node.port !== undefined) throw error;
      this.repeated++;
      return false;
    }
  }
}
