import type { EventLog } from "@ssekit/core";
import type { AnswersOptions } from "./answers-options.js";

const READ_LIMIT = { events: 500, bytes: 256 * 1024 };

/** The sum of all events of an answer up to a cursor in its log. */
export class Fold {
  sum: unknown;
  /** The id of the last entry that is in the sum. `undefined`: the log was not read yet. */
  cursor: string | undefined;
  readonly #log: EventLog;
  readonly #fold: NonNullable<AnswersOptions["fold"]>;
  #reading: Promise<void> | undefined;

  constructor(log: EventLog, fold: NonNullable<AnswersOptions["fold"]>) {
    this.#log = log;
    this.#fold = fold;
  }

  /** Adds what was written meanwhile, but not the end of the answer. */
  catchUp(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    for (;;) {
      const read = await this.#log.read(
        this.cursor === undefined ? "start" : { after: this.cursor },
        READ_LIMIT,
      );
      if ("reset" in read) {
        this.sum = undefined;
        this.cursor = read.cursor;
        continue;
      }
      for (const { id, event, data, control, end } of read.entries) {
        if (end) return;
        if (!control) this.sum = this.#fold(this.sum, { event, data });
        this.cursor = id;
      }
      this.cursor = read.cursor;
      if (read.atTail) return;
    }
  }
}
