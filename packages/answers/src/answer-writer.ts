import type { Draft, EventLog } from "@ssekit/core";
import { compareIds, epochOf, isThenable } from "@ssekit/core/adapter";
import { codeOf } from "./answer-log.js";
import { later, type Timer } from "./timer.js";

// While more than this waits for the log, the source waits too. In characters.
const MAX_PENDING = 64 * 1024;
// What an event counts in addition to its data, which may be empty.
const EVENT_LENGTH = 100;
const REPEAT_MS = 250;
const CONTROL: Draft = { data: "", control: true };

/** What the writer tells its producer. */
export interface WriterListener {
  /** The log has ended: by this writer, by a call of `stop`, or by another node. */
  ended(): void;
  /** The log refuses to store more. */
  refused(error: unknown): void;
  /** The log no longer has what was written before. */
  lost(): void;
}

/**
 * Appends the events of an answer to its log, in batches, one batch after another.
 *
 * Only this writer appends anything but the end. So every batch has the condition that the last entry is the one that
 * the writer has appended before. A batch of which it is unknown whether it was stored can be repeated safely, and a log
 * that was replaced or restored from an older copy is noticed.
 */
export class AnswerWriter {
  readonly #log: EventLog;
  readonly #flushInterval: number | undefined;
  readonly #listener: WriterListener;
  // The id of the last entry that was stored.
  #last: string;
  #pending: Draft[] = [];
  #pendingLength = 0;
  // The batch that the log has not answered yet, and whether an earlier attempt may have stored it.
  #batch: readonly Draft[] | undefined;
  #mayBeStored = false;
  // The end of an answer that the log has lost. It does not depend on what was stored before.
  #unconditional: { readonly after?: "start" } | undefined;
  #timer: Timer | undefined;
  #room: { readonly opened: Promise<void>; open(): void } | undefined;
  #isOver = false;
  #wasUsed = false;

  /**
   * @param last the id of the entry that has claimed the key.
   * @param flushInterval `undefined`: every event is appended at once.
   */
  constructor(log: EventLog, last: string, flushInterval: number | undefined, listener: WriterListener) {
    this.#log = log;
    this.#last = last;
    this.#flushInterval = flushInterval;
    this.#listener = listener;
  }

  /** Appends an event. The promise resolves when the next one may be appended; `undefined`: at once. */
  append(draft: Draft): Promise<void> | undefined {
    this.#pending.push(draft);
    this.#pendingLength += draft.data.length + EVENT_LENGTH;
    if (this.#flushInterval === undefined) this.#flush();
    else this.#timer ??= later(this.#flushInterval, () => this.#flush());
    if (this.#pendingLength <= MAX_PENDING || this.#isOver) return undefined;
    if (this.#room === undefined) {
      let open!: () => void;
      const opened = new Promise<void>((resolve) => (open = resolve));
      this.#room = { opened, open };
    }
    return this.#room.opened;
  }

  /**
   * Appends the last event, after what was appended before.
   *
   * @param drop whether what is not stored yet is dropped, because the log has refused it.
   */
  end(draft: Draft, drop: boolean): void {
    if (drop) {
      this.#pending = [];
      this.#batch = undefined;
    }
    this.#pending.push(draft);
    this.#flush();
  }

  /** Appends an entry that no client sees, if nothing was appended since the last call. The log is kept for longer. */
  keepAlive(): void {
    if (!this.#wasUsed && !this.#isOver) this.touch();
    this.#wasUsed = false;
  }

  /** Appends an entry that no client sees. If the log has lost what was written before, this notices it. */
  touch(): void {
    if (this.#pending.length > 0 || this.#batch !== undefined) return;
    this.#pending.push(CONTROL);
    this.#flush();
  }

  /** Appends nothing more. */
  stop(): void {
    this.#isOver = true;
    this.#timer?.clear();
    this.#room?.open();
    this.#pending = [];
    this.#batch = undefined;
  }

  #flush(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    if (this.#batch !== undefined || this.#pending.length === 0 || this.#isOver) return;
    this.#batch = this.#pending;
    this.#mayBeStored = false;
    this.#pending = [];
    this.#pendingLength = 0;
    this.#room?.open();
    this.#room = undefined;
    this.#store(this.#batch);
  }

  #store(batch: readonly Draft[]): void {
    if (this.#batch !== batch) return; // dropped meanwhile
    try {
      const ids = this.#log.append(batch, this.#unconditional ?? { after: this.#last });
      if (!isThenable(ids)) return this.#stored(batch, ids.at(-1)!);
      Promise.resolve(ids).then(
        (ids) => this.#stored(batch, ids.at(-1)!),
        (error: unknown) => this.#rejected(batch, error),
      );
    } catch (error) {
      this.#rejected(batch, error);
    }
  }

  #stored(batch: readonly Draft[], last: string): void {
    if (this.#batch !== batch) return;
    this.#batch = undefined;
    this.#last = last;
    this.#wasUsed = true;
    if (batch.at(-1)!.end) this.#listener.ended();
    else if (this.#timer === undefined || this.#pending.at(-1)?.end) this.#flush();
  }

  #rejected(batch: readonly Draft[], error: unknown): void {
    if (this.#batch !== batch) return;
    switch (codeOf(error)) {
      case "ERR_SSE_LOG_UNAVAILABLE":
        this.#mayBeStored = true;
        return void later(REPEAT_MS, () => this.#store(batch));
      case "ERR_SSE_CHANNEL_ENDED":
        return this.#listener.ended();
      case "ERR_SSE_CONFLICT":
        return void this.#resolveConflict(batch);
      case "ERR_SSE_INVALID_DATA":
        return batch.length > 1 ? this.#halve(batch) : this.#listener.refused(error);
      default:
        this.#listener.refused(error);
    }
  }

  /** Appends one half of a batch that may be too large for a message of the broker. The other one follows. */
  #halve(batch: readonly Draft[]): void {
    const half = Math.ceil(batch.length / 2);
    this.#pending = [...batch.slice(half), ...this.#pending];
    this.#batch = batch.slice(0, half);
    this.#mayBeStored = false;
    this.#store(this.#batch);
  }

  /** Finds out why the last entry is not the one that was appended last. */
  async #resolveConflict(batch: readonly Draft[]): Promise<void> {
    try {
      const { cursor, end } = await this.#log.peek();
      if (this.#batch !== batch) return;
      if (end !== undefined || this.#unconditional !== undefined) return this.#listener.ended();
      const order = compareIds(cursor, this.#last);
      if (this.#mayBeStored && order !== undefined && order > 0) return this.#stored(batch, cursor);
      // In a log that was replaced, the key may have been claimed again.
      this.#unconditional = epochOf(cursor) === epochOf(this.#last) ? {} : { after: "start" };
      this.#listener.lost();
    } catch (error) {
      if (this.#batch !== batch) return;
      if (codeOf(error) !== "ERR_SSE_LOG_UNAVAILABLE") return this.#listener.refused(error);
      later(REPEAT_MS, () => void this.#resolveConflict(batch));
    }
  }
}
