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
import { closedError } from "./errors.js";
import type { LogRecord } from "./log-record.js";

/** One open handle of a log. Closing it ends the tails of this handle only. */
export class LogHandle implements EventLog {
  #record: LogRecord | undefined;
  readonly #onClose: () => void;
  readonly #tails = new Set<Tail>();

  constructor(record: LogRecord, onClose: () => void) {
    this.#record = record;
    this.#onClose = onClose;
  }

  get status(): EventLog["status"] {
    return this.#record?.broker.status ?? "closed";
  }

  append(drafts: readonly Draft[], options?: AppendOptions): Promise<readonly string[]> {
    return this.#use(({ writer }) => writer.append(drafts, options));
  }

  read(from: ReadFrom, max: ReadLimit): Promise<Read> {
    return this.#use(async ({ reader, tail }) => {
      const read = await reader.read(from, max);
      return tail.clip(read, typeof from === "string" ? undefined : from.after);
    });
  }

  peek(): Promise<Peek> {
    return this.#use(({ reader }) => reader.peek());
  }

  tail(listener: (news: News) => void): Promise<Tail> {
    // `LogTail.add` resolves the promise before it calls the listener. A promise derived from it would be too late.
    return this.#use(({ tail }) =>
      tail.add(listener, (added) => {
        if (this.#record === undefined) {
          added.stop();
          throw closedError();
        }
        const own: Tail = {
          cursor: added.cursor,
          end: added.end,
          stop: () => {
            added.stop();
            this.#tails.delete(own);
          },
        };
        this.#tails.add(own);
        return own;
      }),
    );
  }

  async close(): Promise<void> {
    if (this.#record === undefined) return;
    this.#record = undefined;
    for (const tail of [...this.#tails]) tail.stop();
    this.#onClose();
  }

  #use<T>(call: (record: LogRecord) => Promise<T>): Promise<T> {
    return this.#record === undefined ? Promise.reject(closedError()) : call(this.#record);
  }
}
