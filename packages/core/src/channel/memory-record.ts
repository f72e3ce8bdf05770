import { SseError, unexpected } from "../sse-error.js";
import { createEntry } from "./entry.js";
import type {
  AppendOptions,
  Draft,
  Entry,
  News,
  Peek,
  Read,
  ReadFrom,
  ReadLimit,
  ResetReason,
  Tail,
} from "./event-log.js";
import type { ResolvedHistory } from "./history.js";
import { KeptEntries, sizeOf } from "./kept-entries.js";
import { TailListeners } from "./tail-listeners.js";

const ID = /^([0-9a-z]{1,32})-(0|[1-9][0-9]{0,15})$/;

/** The content of a log in memory. All open handles of the log share it. */
export class MemoryRecord {
  readonly #history: ResolvedHistory;
  readonly #kept = new KeptEntries();
  readonly #listeners = new TailListeners();
  #epoch: string | undefined;
  #end: Entry | undefined;
  #newestStoredAt = 0;

  constructor(history: ResolvedHistory) {
    this.#history = history;
  }

  /**
   * When all entries will have expired, in milliseconds of `performance.now()`. `-Infinity` if no entry was ever
   * stored.
   */
  get expiresAt(): number {
    if (this.#kept.last === 0) return -Infinity;
    const { complete } = this.#history;
    return this.#newestStoredAt + (complete ? this.#history.keep : this.#history.age);
  }

  append(drafts: readonly Draft[], { after }: AppendOptions = {}): readonly string[] {
    this.#evict(); // so that the keys of expired entries are no longer known
    const { last } = this.#kept;
    const added: Draft[] = [];
    let addedKeys: Map<string, number> | undefined; // created on demand, because keys are rare
    const positions = drafts.map((draft) => {
      const { idempotencyKey: key } = draft;
      const known = key === undefined ? undefined : (this.#kept.positionOf(key) ?? addedKeys?.get(key));
      if (known !== undefined) return known;
      const position = last + added.push(draft);
      if (key !== undefined) (addedKeys ??= new Map()).set(key, position);
      return position;
    });
    if (added.length > 0) this.#store(added, after);
    return positions.map((position) => this.#id(position));
  }

  read(from: ReadFrom, max: ReadLimit): Read {
    this.#evict();
    const { told } = this.#listeners;
    const { first, last } = this.#kept;
    const reset = (reason: ResetReason): Read => ({ reset: reason, cursor: this.#id(first - 1) });
    let position = first - 1;
    if (from === "start") {
      if (first > 1) return reset("evicted");
    } else if (from !== "oldest") {
      const [, epoch, digits] = ID.exec(from.after) ?? [];
      if (digits === undefined) return reset("unknown-id");
      if (epoch !== this.#epochId()) return reset("new-log");
      position = Number(digits);
      if (position > last) return reset("unknown-id");
      if (position < first - 1) return reset("evicted");
    }
    const entries: Entry[] = [];
    let bytes = 0;
    while (position < told && (entries.length < max.events || entries.length === 0)) {
      const entry = this.#kept.at(position + 1)!;
      bytes += entry.frame.bytes.byteLength;
      if (entries.length > 0 && bytes > max.bytes) break;
      entries.push(entry);
      position++;
    }
    return { entries, cursor: this.#id(position), atTail: position >= told };
  }

  tail(listener: (news: News) => void): Tail {
    const { told } = this.#listeners;
    const stop = this.#listeners.add(listener);
    return { cursor: this.#id(told), end: told === this.#kept.last ? this.#end : undefined, stop };
  }

  peek(): Peek {
    this.#evict();
    const { first, last } = this.#kept;
    return { cursor: this.#id(last), first: first === 1 ? this.#kept.at(1) : undefined, end: this.#end };
  }

  #store(added: readonly Draft[], after: string | undefined): void {
    const { last } = this.#kept;
    if (this.#end !== undefined || added.slice(0, -1).some((draft) => draft.end)) {
      const problem = "The log has ended, or a draft follows one that ends it";
      throw new SseError("ERR_SSE_CHANNEL_ENDED", `${problem}: nothing was stored`);
    }
    const newest = last === 0 ? "start" : this.#id(last);
    if (after !== undefined && after !== newest) {
      throw unexpected(
        "ERR_SSE_CONFLICT",
        "after",
        last === 0 ? "start, because no entry was ever stored" : `${newest}, the id of the last entry`,
        after,
        "nothing was stored",
      );
    }
    const entries = added.map((draft, n) => createEntry(this.#id(last + 1 + n), draft));
    if (this.#history.complete) refuseIfFull(entries, this.#kept.bytes, this.#history.maxBytes);
    const now = performance.now();
    for (const entry of entries) this.#kept.push(entry, now);
    this.#newestStoredAt = now;
    const newestEntry = entries.at(-1)!;
    if (newestEntry.end) this.#end = newestEntry;
    this.#evict();
    this.#listeners.tell(entries);
  }

  #evict(): void {
    const kept = this.#kept;
    const now = performance.now();
    if (this.#history.complete) {
      if (this.#end !== undefined && now >= this.expiresAt) while (kept.size > 0) kept.dropOldest();
      return;
    }
    const { events, bytes, age } = this.#history;
    while (kept.size > 0) {
      const exceeds = kept.size > events || (kept.bytes > bytes && kept.size > 1);
      // The end entry is kept, so that a client that reconnects late is still told that the log has ended.
      const isEnd = kept.size === 1 && this.#end !== undefined;
      if (!exceeds && (isEnd || kept.oldestStoredAt > now - age)) break;
      kept.dropOldest();
    }
  }

  #id(position: number): string {
    return `${this.#epochId()}-${position}`;
  }

  // Created with the first id, because a Worker has no random values while its modules load.
  #epochId(): string {
    return (this.#epoch ??= crypto.randomUUID().replaceAll("-", "").slice(0, 12));
  }
}

/** Throws before anything is stored if an entry would exceed `maxBytes`. End and control entries are never refused. */
function refuseIfFull(entries: readonly Entry[], keptBytes: number, maxBytes: number): void {
  let bytes = keptBytes;
  for (const entry of entries) {
    bytes += sizeOf(entry);
    if (bytes <= maxBytes || entry.end || entry.control) continue;
    throw new SseError(
      "ERR_SSE_LOG_FULL",
      `The log would hold ${bytes} bytes, more than its maxBytes of ${maxBytes}: nothing was stored`,
    );
  }
}
