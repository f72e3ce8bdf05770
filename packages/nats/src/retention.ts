import type { ResolvedHistory } from "@ssekit/core/adapter";
import type { Message } from "./message.js";

/** Tells which entries of a log its history still keeps, from the newest message of the log and the time. */
export class Retention {
  readonly #history: ResolvedHistory;
  readonly #newest: Message;
  /** Entries of this time or earlier have expired, in microseconds. */
  readonly #expired: number;

  constructor(history: ResolvedHistory, newest: Message) {
    this.#history = history;
    this.#newest = newest;
    const age = history.complete ? history.keep : history.age;
    this.#expired = (Date.now() - age) * 1_000;
  }

  keeps(message: Message, index: number): boolean {
    const history = this.#history;
    const newest = this.#newest;
    if (history.complete) return !newest.ends || newest.head.time > this.#expired;
    const count = message.head.count + index;
    const isNewest = count >= newest.total - 1;
    if (count < newest.total - history.events) return false;
    // The end entry is kept, so that a client that reconnects late is still told that the log has ended.
    if (message.head.time <= this.#expired && !(isNewest && newest.ends)) return false;
    return isNewest || newest.totalBytes - message.bytesBefore(index) <= history.bytes;
  }

  /** Whether every entry of a message is evicted, so that the message can be deleted. */
  evicts({ time, total, totalBytes }: Mark): boolean {
    const { complete } = this.#history;
    if (complete) return false;
    const { events, bytes } = this.#history;
    const newest = this.#newest;
    if (total >= newest.total) return false;
    return total <= newest.total - events || newest.totalBytes - totalBytes >= bytes || time <= this.#expired;
  }
}

/** A message whose place in the history a writer remembers, to delete it and those before it later. */
export interface Mark {
  readonly seq: number;
  readonly time: number;
  readonly total: number;
  readonly totalBytes: number;
}
