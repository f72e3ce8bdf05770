import type { News, Read, ReadFrom, ReadLimit, Tail } from "@ssekit/core";
import type { Latency, Range } from "./latency.js";
import type { RemoteRecord } from "./remote-record.js";

/** The tails of one node, which are told entries of the record with a delay. Reads return only entries already told. */
export class LatentTails {
  readonly #record: RemoteRecord;
  readonly #latency: Latency;
  readonly #hearing: Range;
  readonly #listeners = new Set<{ readonly listener: (news: News) => void }>();
  // The news on their way to the listeners, in order, and the last id that the listeners were told.
  #news: News[] = [];
  #told: string;
  #leave: (() => void) | undefined;

  constructor(record: RemoteRecord, latency: Latency, hearing: Range) {
    this.#record = record;
    this.#latency = latency;
    this.#hearing = hearing;
    this.#told = record.log.peek().cursor;
    this.join();
  }

  /** Sends the listeners the entries that they have missed, and then every new entry. */
  join(): void {
    if (this.#leave !== undefined) return;
    const { log } = this.#record;
    const last = this.#news.at(-1);
    let place = last === undefined ? this.#told : placeAfter(last);
    for (let atTail = false; !atTail;) {
      const read = log.read({ after: place }, { events: 100, bytes: Infinity });
      place = read.cursor;
      if ("reset" in read) this.#send(read);
      else if (read.entries.length > 0) this.#send({ entries: read.entries });
      atTail = "atTail" in read && read.atTail;
    }
    const tail = log.tail((news) => this.#send(news));
    const ignore = this.#record.onReplaced(() => {
      this.#leave!();
      this.join();
    });
    this.#leave = () => {
      tail.stop();
      ignore();
      this.#leave = undefined;
    };
  }

  /** Drops the news on their way to the listeners, and sends no more until `join`. */
  cutOff(): void {
    this.#leave?.();
    this.#news = [];
  }

  add(listener: (news: News) => void): Tail {
    const added = { listener };
    this.#listeners.add(added);
    queueMicrotask(() => this.#tellAll()); // as early as the contract allows, because `tail` answers now
    const { end } = this.#record.log.peek();
    return {
      cursor: this.#told,
      end: end?.id === this.#told ? end : undefined,
      stop: () => void this.#listeners.delete(added),
    };
  }

  tell(news: News): void {
    for (const { listener } of this.#listeners) {
      try {
        listener(news);
      } catch (error) {
        console.error(error);
      }
    }
  }

  read(from: ReadFrom, max: ReadLimit): Read {
    const read = this.#record.log.read(from, max);
    if ("reset" in read) return read;
    const entries = read.entries.filter(({ id }) => this.#isTold(id));
    if (entries.length < read.entries.length || !this.#isTold(read.cursor)) {
      const cursor = entries.at(-1)?.id ?? placeBefore(read.entries[0]?.id) ?? read.cursor;
      return { entries, cursor, atTail: true };
    }
    return { ...read, atTail: read.cursor === this.#told };
  }

  close(): void {
    this.cutOff();
    this.#listeners.clear();
  }

  #send(news: News): void {
    this.#news.push(news);
    if (this.#news.length > 1) return; // the timer of the news before it sends this one, too
    this.#latency.later(this.#hearing, () => this.#tellAll());
  }

  #tellAll(): void {
    for (let next = this.#news.shift(); next !== undefined; next = this.#news.shift()) {
      this.tell(next);
      this.#told = placeAfter(next);
    }
  }

  #isTold(id: string): boolean {
    const [epoch, position] = parts(id);
    const [toldEpoch, told] = parts(this.#told);
    return epoch === toldEpoch && position <= told;
  }
}

/** Splits an id of a `MemoryLog`. */
function parts(id: string): [epoch: string, position: number] {
  const at = id.lastIndexOf("-");
  return [id.slice(0, at), Number(id.slice(at + 1))];
}

function placeBefore(id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  const [epoch, position] = parts(id);
  return `${epoch}-${position - 1}`;
}

function placeAfter(news: News): string {
  if ("reset" in news) return news.cursor;
  if ("entries" in news) return news.entries.at(-1)!.id;
  throw new Error("A status has no place");
}
