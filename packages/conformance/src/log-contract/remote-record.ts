import { MemoryLog, type History } from "@ssekit/core";

/** The entries of a log on another machine, which its nodes share. */
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

  /** Replaces the log by an empty one, which has another epoch. */
  replace(): void {
    this.#log = new MemoryLog(this.#history);
    for (const node of [...this.#nodes]) node();
  }

  /** Calls the listener at every `replace`. Returns a function that removes the listener. */
  onReplaced(listener: () => void): () => void {
    this.#nodes.add(listener);
    return () => void this.#nodes.delete(listener);
  }
}
