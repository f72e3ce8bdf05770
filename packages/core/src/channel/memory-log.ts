import {
  createEntry,
  type Draft,
  type Entry,
  type EventLog,
  type Read,
  type ReadLimit,
  type Tail,
} from "./event-log.js";
import { SseError, describe } from "../sse-error.js";

/** How much of the past is kept: what exceeds any of the three is evicted. */
export interface History {
  /** Number of events. Default 10 000. */
  events?: number;
  /**
   * Bytes of the events on the wire; with their text and bookkeeping they take two to three times as much memory.
   * Default 16 MiB. The newest event is kept whatever its size.
   */
  bytes?: number;
  /** Milliseconds. Default 300 000. */
  age?: number;
}

interface Kept {
  readonly entry: Entry;
  readonly at: number;
}

interface Follower {
  /** The position after which it is told. */
  readonly after: number;
  readonly listener: (entries: readonly Entry[]) => void;
}

const ID = /^([0-9a-z]{1,32})-(0|[1-9][0-9]{0,15})$/;

/** The event log of one process, in its memory. A restart begins a new epoch. */
export class MemoryLog implements EventLog {
  readonly #limit: Required<History>;
  readonly #followers = new Set<Follower>();
  readonly #byKey = new Map<string, Entry>();
  // The position of #kept[#head] is #first. What was evicted before #head is cut off now and then.
  #kept: Kept[] = [];
  #head = 0;
  #first = 1;
  #bytes = 0;
  // Entries that the followers have not been told of, and the position before them.
  #untold: Entry[] = [];
  #told = 0;
  #telling = false;
  #epoch: string | undefined;
  #end: Entry | undefined;
  #closed = false;

  /** @throws {SseError} `ERR_SSE_INVALID_OPTION` */
  constructor(history: History = {}) {
    this.#limit = { events: 10_000, bytes: 16 << 20, age: 300_000 };
    for (const [name, value] of Object.entries(history)) {
      if (value === undefined) continue;
      if (!(name in this.#limit) || !(value > 0)) {
        const expected = "expected events, bytes and age as numbers above 0";
        throw new SseError("ERR_SSE_INVALID_OPTION", `history.${name}: ${expected}, got ${describe(value)}`);
      }
      this.#limit[name as keyof History] = value;
    }
  }

  get status(): "ready" | "closed" {
    return this.#closed ? "closed" : "ready";
  }

  append(draft: Draft): string {
    if (this.#closed)
      throw new SseError("ERR_SSE_CHANNEL_CLOSED", "The log is closed: nothing was published");
    const { idempotencyKey: key } = draft;
    if (key !== undefined) this.#evict(); // the key of what is too old is no longer known
    const same = key === undefined ? undefined : this.#byKey.get(key);
    if (same !== undefined) return same.id;
    if (this.#end !== undefined)
      throw new SseError("ERR_SSE_CHANNEL_ENDED", "The log has ended: nothing was published");
    const entry = createEntry(this.#id(this.#last + 1), draft);
    this.#kept.push({ entry, at: performance.now() });
    this.#bytes += entry.frame.bytes.byteLength;
    if (key !== undefined) this.#byKey.set(key, entry);
    if (draft.end) this.#end = entry;
    this.#evict();
    this.#tell(entry);
    return entry.id;
  }

  read(after: string | "start", max: ReadLimit): Read {
    this.#evict();
    const reset = (reason: "unknown-id" | "evicted" | "new-log"): Read => ({
      reset: reason,
      cursor: this.#id(this.#first - 1),
    });
    let position = this.#first - 1;
    if (after !== "start") {
      const [, epoch, digits] = ID.exec(after) ?? [];
      if (digits === undefined) return reset("unknown-id");
      if (epoch !== this.#epochId()) return reset("new-log");
      position = Number(digits);
      if (position > this.#last) return reset("unknown-id");
      if (position < this.#first - 1) return reset("evicted");
    }
    const entries: Entry[] = [];
    let bytes = 0;
    while (position < this.#last && entries.length < max.events) {
      const { entry } = this.#kept[this.#head + position + 1 - this.#first]!;
      bytes += entry.frame.bytes.byteLength;
      if (entries.length > 0 && bytes > max.bytes) break;
      entries.push(entry);
      position++;
    }
    return { entries, cursor: this.#id(position), atTail: position === this.#last };
  }

  tail(listener: (entries: readonly Entry[]) => void): Tail {
    const follower = { after: this.#last, listener };
    this.#followers.add(follower);
    return {
      cursor: this.#id(this.#last),
      end: this.#end,
      stop: () => void this.#followers.delete(follower),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#followers.clear();
    this.#byKey.clear();
    this.#first = this.#last + 1;
    this.#kept = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  get #last(): number {
    return this.#first + this.#kept.length - this.#head - 1;
  }

  #id(position: number): string {
    return `${this.#epochId()}-${position}`;
  }

  // Made with the first id: a Worker has no random values while its modules load.
  #epochId(): string {
    return (this.#epoch ??= crypto.randomUUID().replaceAll("-", "").slice(0, 12));
  }

  /** Keeps the order for all when one of them appends: what it appends is told when all know what it was told. */
  #tell(entry: Entry): void {
    this.#untold.push(entry);
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
        const position = ++this.#told;
        for (const { after, listener } of this.#followers) if (after < position) listener([next]);
      }
    } finally {
      this.#telling = false;
    }
  }

  #evict(): void {
    const oldest = performance.now() - this.#limit.age;
    const { events, bytes } = this.#limit;
    while (this.#head < this.#kept.length) {
      const { entry, at } = this.#kept[this.#head]!;
      const count = this.#kept.length - this.#head;
      if (at > oldest && count <= events && (this.#bytes <= bytes || count === 1)) break;
      this.#bytes -= entry.frame.bytes.byteLength;
      if (entry.idempotencyKey !== undefined) this.#byKey.delete(entry.idempotencyKey);
      this.#kept[this.#head++] = undefined!;
      this.#first++;
    }
    if (this.#head > 32 && this.#head > this.#kept.length / 2) {
      this.#kept = this.#kept.slice(this.#head);
      this.#head = 0;
    }
  }
}
