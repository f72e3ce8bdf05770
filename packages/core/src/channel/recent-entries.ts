import type { Entry } from "./event-log.js";

const MAX_ENTRIES = 1_000;
const MAX_BYTES = 1 << 20;

/**
 * The newest entries of a log that answers later, so that a subscriber which has read up to one of them can join the
 * live ones at once, however fast events come: another read would be behind again when it is answered.
 */
export class RecentEntries {
  // Where to read on after an id: a running number, which grows by one an entry.
  readonly #numberOf = new Map<string, number>();
  readonly #entries = new Map<number, Entry>();
  #oldest: number;
  #newest: number;
  #bytes = 0;

  constructor(cursor: string) {
    this.#oldest = this.#newest = 0;
    this.#numberOf.set(cursor, 0);
  }

  push(entry: Entry): void {
    this.#numberOf.set(entry.id, ++this.#newest);
    this.#entries.set(this.#newest, entry);
    this.#bytes += entry.frame.bytes.byteLength;
    while (this.#numberOf.size > MAX_ENTRIES || (this.#bytes > MAX_BYTES && this.#numberOf.size > 1))
      this.#drop();
  }

  /** Everything after an id, or `undefined` if that is not known here. */
  after(id: string): readonly Entry[] | undefined {
    const number = this.#numberOf.get(id);
    if (number === undefined) return undefined;
    const entries: Entry[] = [];
    for (let next = number + 1; next <= this.#newest; next++) entries.push(this.#entries.get(next)!);
    return entries;
  }

  // The position after which the oldest entry comes is no longer known; that entry's own still is.
  #drop(): void {
    const [id] = this.#numberOf.keys();
    this.#numberOf.delete(id!);
    const entry = this.#entries.get(this.#oldest);
    this.#entries.delete(this.#oldest++);
    this.#bytes -= entry?.frame.bytes.byteLength ?? 0;
  }
}
