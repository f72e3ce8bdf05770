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

/** A log in memory as one user of it has it open. Closing it ends this user's tails, and leaves the record as it is. */
export class MemoryHandle implements EventLog {
  // Let go of on close, so that a closed handle holds no entries.
  #record: MemoryRecord | undefined;
  #onClose: (() => void) | undefined;
  // Made with the first tail: a store may have very many handles without one.
  #tails: Set<Tail> | undefined;

  constructor(record: MemoryRecord, onClose?: () => void) {
    this.#record = record;
    this.#onClose = onClose;
  }

  get status(): "ready" | "closed" {
    return this.#record === undefined ? "closed" : "ready";
  }

  append(drafts: readonly Draft[], options?: AppendOptions): readonly string[] {
    return this.#open("nothing was stored").append(drafts, options);
  }

  read(from: ReadFrom, max: ReadLimit): Read {
    return this.#open("nothing can be read").read(from, max);
  }

  peek(): Peek {
    return this.#open("nothing can be read").peek();
  }

  tail(listener: (news: News) => void): Tail {
    const { cursor, end, stop } = this.#open("it cannot be followed").tail(listener);
    const tails = (this.#tails ??= new Set());
    const tail: Tail = {
      cursor,
      end,
      stop: () => {
        stop();
        tails.delete(tail);
      },
    };
    tails.add(tail);
    return tail;
  }

  async close(): Promise<void> {
    this.#record = undefined;
    for (const tail of this.#tails ?? []) tail.stop();
    this.#onClose?.();
    this.#onClose = undefined;
  }

  #open(consequence: string): MemoryRecord {
    if (this.#record !== undefined) return this.#record;
    throw new SseError("ERR_SSE_CHANNEL_CLOSED", `The log is closed: ${consequence}`);
  }
}
