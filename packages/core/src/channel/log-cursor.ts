import { isThenable } from "../stream/source.js";
import type { Entry, EventLog, Read, ReadFrom, ResetReason } from "./event-log.js";
import { isAtOrBefore } from "./ids.js";
import type { Place, Window } from "./window.js";

const READ_LIMIT = { events: 500, bytes: 64 * 1024 };

/** What comes after a cursor. */
export type Next =
  | Entry
  /** Nothing: it is at the newest place that this node has heard of. */
  | "tail"
  /** Nothing yet: the window has to move before more can be said. */
  | "wait"
  /** The log reads; ask again when it has. */
  | Promise<void>
  /** There is a hole; the cursor is behind it now. */
  | { readonly reset: ResetReason };

/** A place in a log that moves on: through the window where it can, else by reading the log page by page. */
export class LogCursor {
  /** `undefined`: it begins where the first read says. */
  id: string | undefined;
  readonly #log: EventLog;
  readonly #window: Window;
  /** Its number, if it is inside the window. */
  #number: number | undefined;
  #from: ReadFrom;
  // What has been read and not yet been taken, and where to read on after it.
  #page: readonly Entry[] = [];
  #taken = 0;
  #pageCursor: string | undefined;
  // What an asynchronous read has brought.
  #read: { readonly result: Read; readonly head: number } | undefined;

  constructor(log: EventLog, window: Window, from: "start" | "oldest" | { after: string; number?: number }) {
    this.#log = log;
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
        this.#number = undefined; // it has fallen out of the window
      }
      const { head } = this.#window;
      const reading = this.#read === undefined ? this.#log.read(this.#from, READ_LIMIT) : undefined;
      if (isThenable(reading)) {
        return Promise.resolve(reading).then((result) => void (this.#read = { result, head }));
      }
      const { result, head: asked } = this.#read ?? { result: reading!, head };
      this.#read = undefined;
      if ("reset" in result) {
        this.jump(result.cursor);
        return { reset: result.reset };
      }
      const moved = result.entries.length > 0 || result.cursor !== this.id;
      this.#page = result.entries;
      this.#taken = 0;
      this.#pageCursor = result.cursor;
      // The log is ahead of what this node has heard, or says nothing new: the window has to move first.
      if (!moved && asked === this.#window.head) return "wait";
    }
  }

  /** Moves past the entry that `next` has given. */
  moveTo(entry: Entry): void {
    if (this.#page.length > 0) this.#taken++;
    else this.#number!++;
    this.id = entry.id;
    this.#from = { after: entry.id };
  }

  /** Moves to another place. */
  jump(id: string, number?: number): void {
    this.id = id;
    this.#from = { after: id };
    this.#number = number;
    this.dropPage();
    this.#pageCursor = undefined;
  }

  /** Lets go of what has been read: its client takes nothing for now. */
  dropPage(): void {
    if (this.#taken < this.#page.length) this.#pageCursor = undefined;
    this.#page = [];
    this.#taken = 0;
    this.#read = undefined;
  }

  /** Whether this place is known, and not ahead of what this node has heard of. */
  get isBehindTail(): boolean {
    return this.id !== undefined && isAtOrBefore(this.id, this.#window.cursor);
  }

  /** Whether it has all that comes before a place. */
  hasReached(place: Place): boolean {
    if (this.id === undefined) return false;
    if (this.#taken === this.#page.length) this.#number ??= this.#window.locate(this.id);
    if (this.#number !== undefined) return this.#number >= place.number;
    return isAtOrBefore(place.id, this.id);
  }
}
