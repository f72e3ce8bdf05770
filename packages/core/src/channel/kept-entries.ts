import type { Entry } from "./event-log.js";

interface Kept {
  readonly entry: Entry;
  readonly bytes: number;
  readonly storedAt: number;
}

const encoder = new TextEncoder();

/** The entries of a log that are kept, by position from 1 on. The oldest are dropped first. */
export class KeptEntries {
  // The entry at position #first is #kept[#head]. What was dropped before #head is cut off now and then.
  #kept: (Kept | undefined)[] = [];
  #head = 0;
  #first = 1;
  #bytes = 0;
  // Made with the first key: most logs have none.
  #positions: Map<string, number> | undefined;

  /** The position of the oldest entry, or of the next one if there is none. */
  get first(): number {
    return this.#first;
  }

  /** The position of the newest entry ever stored; 0 if there never was one. */
  get last(): number {
    return this.#first + this.size - 1;
  }

  get size(): number {
    return this.#kept.length - this.#head;
  }

  /** Of the events on the wire, their topics and their idempotency keys. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest entry was stored. */
  get oldestStoredAt(): number {
    return this.#kept[this.#head]!.storedAt;
  }

  at(position: number): Entry {
    return this.#kept[this.#head + position - this.#first]!.entry;
  }

  /** The position of the entry with an idempotency key. */
  positionOf(key: string): number | undefined {
    return this.#positions?.get(key);
  }

  push(entry: Entry, storedAt: number): void {
    const bytes = sizeOf(entry);
    this.#kept.push({ entry, bytes, storedAt });
    this.#bytes += bytes;
    if (entry.idempotencyKey !== undefined) {
      (this.#positions ??= new Map()).set(entry.idempotencyKey, this.last);
    }
  }

  dropOldest(): void {
    const { entry, bytes } = this.#kept[this.#head]!;
    this.#bytes -= bytes;
    if (entry.idempotencyKey !== undefined) this.#positions!.delete(entry.idempotencyKey);
    this.#kept[this.#head++] = undefined;
    this.#first++;
    if (this.#head > 32 && this.#head > this.#kept.length / 2) {
      this.#kept = this.#kept.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** The bytes of an entry that count against the limits of a history. */
export function sizeOf({ frame, topics, idempotencyKey }: Entry): number {
  let bytes = frame.bytes.byteLength;
  if (topics !== undefined) for (const topic of topics) bytes += encoder.encode(topic).byteLength;
  if (idempotencyKey !== undefined) bytes += encoder.encode(idempotencyKey).byteLength;
  return bytes;
}
