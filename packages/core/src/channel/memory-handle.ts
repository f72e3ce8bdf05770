import { SseError } from "../sse-error.js";
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
} from "./event-log.js";
import type { MemoryRecord } from "./memory-record.js";

/** One open handle of a log in memory. Closing it ends the tails of this handle and does not change the record. */
export class MemoryHandle implements EventLog {
  // Set to undefined by close(), so that a closed handle keeps no entries in memory.
  #record: MemoryRecord | undefined;
  #onClose: (() => void) | undefined;
  // Created with the first tail, because a store may have very many handles without a tail.
  #stops: Set<() => void> | undefined;

  constructor(record: MemoryRecord, onClose?: () => void) {
    this.#record = record;
    this.#onClose = onClose;
  }

  get status(): "ready" | "closed" {
    return this.#record === undefined ? "closed" : "ready";
  }

  append(drafts: readonly Draft[], options?: AppendOptions): readonly string[] {
    return this.#open.append(drafts, options);
  }

  read(from: ReadFrom, max: ReadLimit): Read {
    return this.#open.read(from, max);
  }

  peek(): Peek {
    return this.#open.peek();
  }

  tail(listener: (news: News) => void): Tail {
    const { cursor, end, stop } = this.#open.tail(listener);
    const stops = (this.#stops ??= new Set());
    stops.add(stop);
    return {
      cursor,
      end,
      stop: () => {
        stop();
        stops.delete(stop);
      },
    };
  }

  async close(): Promise<void> {
    this.#record = undefined;
    for (const stop of this.#stops ?? []) stop();
    this.#stops = undefined;
    this.#onClose?.();
    this.#onClose = undefined;
  }

  get #open(): MemoryRecord {
    if (this.#record !== undefined) return this.#record;
    throw new SseError("ERR_SSE_CHANNEL_CLOSED", "The log is closed: nothing was stored or read");
  }
}
