import { createFrame } from "../format/frame.js";
import { Queue } from "../queue.js";
import type { Entry } from "./event-log.js";

interface Kept {
  readonly entry: Entry;
  readonly bytes: number;
  readonly storedAt: number;
}

/** The entries that a log in memory keeps. The first entry ever stored has position 1; the oldest are dropped first. */
export class KeptEntries {
  /** The position of the oldest kept entry. If none is kept: the position of the next entry. */
  first = 1;
  /** The position of the newest entry ever stored. 0 if no entry was ever stored. */
  last = 0;
  /** Bytes of the kept events on the wire, their topics and their idempotency keys. */
  bytes = 0;
  readonly #kept = new Queue<Kept>();
  // Positions by idempotency key. Created with the first key, because most logs have none.
  #positions: Map<string, number> | undefined;

  get size(): number {
    return this.#kept.size;
  }

  /** When the oldest kept entry was stored, in milliseconds of `performance.now()`. */
  get oldestStoredAt(): number {
    return this.#kept.at(0)!.storedAt;
  }

  /** The entry at a position. The position must not be before `first`. */
  at(position: number): Entry | undefined {
    return this.#kept.at(position - this.first)?.entry;
  }

  /** The position of the kept entry with this idempotency key. */
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

/** How many bytes an entry counts towards the limits of a history. */
export function sizeOf({ frame, topics = [], idempotencyKey = "" }: Entry): number {
  const labels = topics.join("") + idempotencyKey;
  return frame.bytes.byteLength + (labels === "" ? 0 : createFrame(labels).bytes.byteLength);
}
