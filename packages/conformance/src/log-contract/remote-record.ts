import { MemoryLog, type History } from "@ssekit/core";

/** The record of a log that is elsewhere: what its nodes have in common. */
export class RemoteRecord {
  readonly #history: History | undefined;
  readonly #nodes = new Set<() => void>();
  #log: MemoryLog;

  constructor(history?: History) {
    this.#history = history;
    this.#log = new MemoryLog(history);
  }

  get log(): MemoryLog {
    return this.#log;
  }

  /** Puts an empty log of another epoch in the place of this one. */
  replace(): void {
    this.#log = new MemoryLog(this.#history);
    for (const node of [...this.#nodes]) node();
  }

  /** @returns what removes the listener. */
  onReplaced(listener: () => void): () => void {
    this.#nodes.add(listener);
    return () => void this.#nodes.delete(listener);
  }
}
