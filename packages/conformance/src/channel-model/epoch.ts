import type { Entry, MemoryLog } from "@ssekit/core";

/** An entry that was stored in a log. */
export interface Stored {
  readonly data: string;
  /** The number of the call of `publish` or `end` that stored the entry. */
  readonly call: number;
  readonly topic: string | undefined;
  readonly end: boolean;
}

/** One epoch of the log: every entry that was ever stored in it. The entry at position n has the index n - 1. */
export class Epoch {
  readonly name: string;
  readonly stored: Stored[] = [];
  /** The id of the most recent acknowledgement. */
  newest: string | undefined;
  /** The greatest position that was acknowledged. */
  acknowledged = 0;

  constructor(record: MemoryLog) {
    this.name = epochOf(record.peek().cursor);
    record.tail((news) => "entries" in news && this.#store(news.entries));
  }

  get ended(): boolean {
    return this.stored.at(-1)?.end ?? false;
  }

  acknowledge(id: string): void {
    this.newest = id;
    this.acknowledged = Math.max(this.acknowledged, positionOf(id));
  }

  #store(entries: readonly Entry[]): void {
    for (const { data, topics, end = false } of entries) {
      this.stored.push({ data, call: Number.parseInt(data, 10), topic: topics?.[0], end });
    }
  }
}

export function epochOf(id: string): string {
  return id.slice(0, id.lastIndexOf("-"));
}

export function positionOf(id: string): number {
  return Number.parseInt(id.slice(id.lastIndexOf("-") + 1), 10);
}
