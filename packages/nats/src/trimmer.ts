import type { ResolvedHistory } from "@ssekit/core/adapter";
import type { Message } from "./message.js";
import type { Mark, Retention } from "./retention.js";

/** How often the evicted messages of a log are deleted: each time this part of its history was stored anew. */
const PART = 16;

/** Decides when evicted messages are deleted. It remembers some of the messages that this node has stored. */
export class Trimmer {
  readonly #history: ResolvedHistory;
  #marks: Mark[] = [];

  constructor(history: ResolvedHistory) {
    this.#history = history;
  }

  /** @returns the sequence number before which all messages are evicted, if they are to be deleted now. */
  trim(message: Message, retention: Retention): number | undefined {
    const history = this.#history;
    if (history.complete) return undefined;
    const mark: Mark = {
      seq: message.seq,
      time: message.head.time,
      total: message.total,
      totalBytes: message.totalBytes,
    };
    const last = this.#marks.at(-1);
    const isFar =
      last === undefined ||
      mark.total - last.total >= history.events / PART ||
      mark.totalBytes - last.totalBytes >= history.bytes / PART ||
      mark.time - last.time >= (history.age * 1_000) / PART;
    if (!isFar) return undefined;
    this.#marks.push(mark);
    const kept = this.#marks.findIndex((each) => !retention.evicts(each));
    if (kept <= 0) return undefined;
    const evicted = this.#marks.splice(0, kept);
    return evicted.at(-1)!.seq + 1;
  }

  forget(): void {
    this.#marks = [];
  }
}
