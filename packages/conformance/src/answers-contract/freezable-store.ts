import type { EventLog, History, LogStore, News } from "@ssekit/core";
import { createGate, type Gate } from "../support/within.js";

/**
 * A store of a node that can be frozen, as SIGSTOP freezes a process: its calls and its news wait until it is thawed. A
 * node that stays frozen is dead for the others.
 */
export class FreezableStore implements LogStore {
  readonly #store: LogStore;
  #frozen: Gate | undefined;

  constructor(store: LogStore) {
    this.#store = store;
  }

  freeze(): void {
    this.#frozen ??= createGate();
  }

  thaw(): void {
    this.#frozen?.open();
    this.#frozen = undefined;
  }

  get status(): EventLog["status"] {
    return this.#store.status;
  }

  open(key: string, history?: History): EventLog {
    const log = this.#store.open(key, history);
    return {
      append: (drafts, options) => this.#call(() => log.append(drafts, options)),
      read: (from, max) => this.#call(() => log.read(from, max)),
      peek: () => this.#call(() => log.peek()),
      tail: (listener) => {
        let order: Promise<void> | undefined;
        const hear = (news: News): void => {
          if (this.#frozen === undefined && order === undefined) return listener(news);
          order = Promise.all([order, this.#frozen?.opened]).then(() => listener(news));
        };
        return this.#call(() => log.tail(hear));
      },
      close: () => log.close(),
      get status() {
        return log.status;
      },
    };
  }

  close(): Promise<void> {
    this.thaw();
    return this.#store.close();
  }

  #call<T>(call: () => T | Promise<T>): T | Promise<T> {
    return this.#frozen === undefined ? call() : this.#frozen.opened.then(call);
  }
}
