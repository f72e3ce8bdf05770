import { createFrame } from "../format/frame.js";
import { Queue } from "../queue.js";
import type { Entry } from "./event-log.js";

interface Kept {
  readonly entry: Entry;
  readonly bytes: number;
  readonly storedAt: number;
}

/** The entries of a log that are kept, by position from 1 on. The oldest are dropped first. */
export class KeptEntries {
  /** The position of the oldest entry, or of the next one if there is none. */
  first = 1;
  /** The position of the newest entry ever stored; 0 if there never was one. */
  last = 0;
  /** Of the events on the wire, their topics and their idempotency keys. */
  bytes = 0;
  readonly #kept = new Queue<Kept>();
  // Made with the first key: most logs have none.
  #positions: Map<string, number> | undefined;

  get size(): number {
    return this.#kept.size;
  }

  /** When the oldest entry was stored. */
  get oldestStoredAt(): number {
    return this.#kept.at(0)!.storedAt;
  }

  /** The entry at a position that is not before `first`. */
  at(position: number): Entry | undefined {
    return this.#kept.at(position - this.first)?.entry;
  }

  /** The position of the entry with an idempotency key. */
  positionOf(key: string): number | undefined {
    return this.#positions?.get(key);
  }

  push(entry: Entry, storedAt: number): void {
    const bytes = sizeOf(entry);
    this.#kept.push({ entry, bytes, storedAt });
    this.bytes += bytes;
    this.last++;
    if (entry.idempotencyKey !== undefined) {
      (this.#positions ??= new Map()).set(entry.idempotencyKey, this.last);
    }
  }

  dropOldest(): void {
    const { entry, bytes } = this.#kept.shift();
    this.bytes -= bytes;
    this.first++;
    if (entry.idempotencyKey !== undefined) this.#positions!.delete(entry.idempotencyKey);
  }
}

/** The bytes of an entry that count against the limits of a history. */
export function sizeOf({ frame, topics = [], idempotencyKey = "" }: Entry): number {
  const labels = createFrame(topics.join("") + idempotencyKey);
  return frame.bytes.byteLength + labels.bytes.byteLength;
}
