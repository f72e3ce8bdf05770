import { isThenable } from "../stream/source.js";
import type { Entry, Read, ReadFrom, ResetReason } from "./event-log.js";
import { isAtOrBefore } from "./ids.js";
import type { SharedReads } from "./shared-reads.js";
import type { Place, Window } from "./window.js";

/** What `LogCursor.next` returns. */
export type Next =
  /** The next entry. */
  | Entry
  /** The cursor is at the newest place that this node knows. */
  | "tail"
  /** The next entry is not known yet. Ask again after the window has moved. */
  | "wait"
  /** The log is being read. Ask again when the promise has resolved. */
  | Promise<void>
  /** Entries are missing. The cursor has moved past the hole. */
  | { readonly reset: ResetReason };

/**
 * A reader's position in a log. It moves through the window where possible, and otherwise reads the log page by page.
 */
export class LogCursor {
  /** The id of the position. `undefined` until the first read has returned one. */
  id: string | undefined;
  readonly #reads: SharedReads;
  readonly #window: Window;
  /** The number of the position, if it is inside the window. */
  #number: number | undefined;
  #from: ReadFrom;
  // The page that was read last, how many of its entries were taken, and the id after which to read the next page.
  #page: readonly Entry[] = [];
  #taken = 0;
  #pageCursor: string | undefined;
  // The result of an asynchronous read, and the head of the window when the read began.
  #arrived: { readonly result: Read; readonly head: number } | undefined;

  constructor(
    reads: SharedReads,
    window: Window,
    from: "start" | "oldest" | { after: string; number?: number },
  ) {
    this.#reads = reads;
    this.#window = window;
    this.#from = from;
    if (typeof from === "string") return;
    this.id = from.after;
    this.#number = from.number;
  }

  next(): Next {
    for (;;) {
      if (this.#taken < this.#page.length) return this.#page[this.#taken]!;
      if (this.#pageCursor !== undefined) this.jump(this.#pageCursor);
      if (this.id !== undefined) {
        this.#number ??= this.#window.locate(this.id);
        if (this.#number === this.#window.head) return "tail";
        const entry = this.#number === undefined ? undefined : this.#window.entryAfter(this.#number);
        if (entry !== undefined) return entry;
        this.#number = undefined; // the position is no longer inside the window
      }
      const { head } = this.#window;
      const reading = this.#arrived === undefined ? this.#reads.read(this.#from) : undefined;
      if (isThenable(reading)) {
        return Promise.resolve(reading).then((result) => void (this.#arrived = { result, head }));
      }
      const { result, head: headAtRead } = this.#arrived ?? { result: reading!, head };
      this.#arrived = undefined;
      if ("reset" in result) {
        this.jump(result.cursor);
        return { reset: result.reset };
      }
      const moved = result.entries.length > 0 || result.cursor !== this.id;
      this.#page = result.entries;
      this.#taken = 0;
      this.#pageCursor = result.cursor;
      // The read returned nothing new, and the window has not moved since the read began.
      if (!moved && headAtRead === this.#window.head) return "wait";
    }
  }

  /** Moves past the entry that `next` has returned. */
  moveTo(entry: Entry): void {
    if (this.#page.length > 0) this.#taken++;
    else this.#number!++;
    this.id = entry.id;
    this.#from = { after: entry.id };
  }

  /** Moves to another position. */
  jump(id: string, number?: number): void {
    this.id = id;
    this.#from = { after: id };
    this.#number = number;
    this.dropPage();
    this.#pageCursor = undefined;
  }

  /**
   * Releases the memory of the page, because the client takes nothing at the moment. The entries are read again later.
   */
  dropPage(): void {
    if (this.#taken < this.#page.length) this.#pageCursor = undefined;
    this.#page = [];
    this.#taken = 0;
    this.#arrived = undefined;
  }

  /** Whether the position is known and is not later than the newest place of the window. */
  get isBehindTail(): boolean {
    return this.id !== undefined && isAtOrBefore(this.id, this.#window.cursor);
  }

  /** Whether the cursor has passed every entry before a place. */
  hasReached(place: Place): boolean {
    if (this.id === undefined) return false;
    if (this.#taken === this.#page.length) this.#number ??= this.#window.locate(this.id);
    if (this.#number !== undefined) return this.#number >= place.number;
    return isAtOrBefore(place.id, this.id);
  }
}
