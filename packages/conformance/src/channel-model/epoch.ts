import type { Entry, MemoryLog } from "@ssekit/core";

/** An entry of a log. */
export interface Stored {
  readonly data: string;
  /** The call of `publish` or `end` that it is of. */
  readonly call: number;
  readonly topic: string | undefined;
  readonly end: boolean;
}

/** The life of one log: all that was ever stored in it, each at its position less one. */
export class Epoch {
  readonly name: string;
  readonly stored: Stored[] = [];
  /** The id that was acknowledged last. */
  newest: string | undefined;
  /** The last position that was acknowledged. */
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
