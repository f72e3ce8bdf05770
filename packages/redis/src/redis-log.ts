import type {
  AppendOptions,
  Draft,
  EventLog,
  News,
  Peek,
  Read,
  ReadFrom,
  ReadLimit,
  Tail,
} from "@ssekit/core";
import type { SharedLog } from "./shared-log.js";
import { closedError } from "./unavailable.js";

/** One open handle of a log. Closing it ends its tails and its appends that were not sent. */
export class RedisLog implements EventLog {
  #shared: SharedLog | undefined;
  readonly #onClose: () => void;
  readonly #stops = new Set<() => void>();

  constructor(shared: SharedLog, onClose: () => void) {
    this.#shared = shared;
    this.#onClose = onClose;
  }

  get status(): "ready" | "down" | "closed" {
    return this.#shared === undefined ? "closed" : this.#shared.status;
  }

  append(drafts: readonly Draft[], options?: AppendOptions): Promise<readonly string[]> {
    return this.#shared?.append(this, drafts, options) ?? Promise.reject(closedError());
  }

  read(from: ReadFrom, max: ReadLimit): Promise<Read> {
    return this.#shared?.read(from, max) ?? Promise.reject(closedError());
  }

  peek(): Promise<Peek> {
    return this.#shared?.peek() ?? Promise.reject(closedError());
  }

  tail(listener: (news: News) => void): Promise<Tail> {
    const shared = this.#shared;
    if (shared === undefined) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const added = ({ cursor, end, stop }: Tail): void => {
        const stopAndForget = (): void => {
          this.#stops.delete(stopAndForget);
          stop();
        };
        this.#stops.add(stopAndForget);
        // Resolved in the same turn, so that the listener is called only after that.
        resolve({ cursor, end, stop: stopAndForget });
      };
      const isClosed = (): boolean => this.#shared !== shared;
      shared.tail(listener, added, isClosed).then(() => reject(closedError()), reject);
    });
  }

  async close(): Promise<void> {
    const shared = this.#shared;
    if (shared === undefined) return;
    this.#shared = undefined;
    for (const stop of this.#stops) stop();
    shared.refuse(this);
    this.#onClose();
  }
}
