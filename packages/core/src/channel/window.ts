import { Queue } from "../queue.js";
import type { Entry } from "./event-log.js";
import { compareIds, epochOf } from "./ids.js";

// What a node keeps of a log that answers later. A log that answers at once is asked itself.
const MAX_ENTRIES = 1_000;
const MAX_BYTES = 1 << 20;
const MAX_PAST_EPOCHS = 16;

/** A point in the order of a channel: it has been reached by whoever has all that comes before it. */
export interface Place {
  id: string;
  /** Its number in the window; `Infinity` until the window has reached it. */
  number: number;
}

/**
 * The newest entries of a log, as this node has heard of them, numbered one by one. Inside it everything is a comparison
 * of numbers: what a reader lacks, whether it may join the live ones, what comes before a message of the program.
 * A break in the log, after which the tail goes on elsewhere, has a number too.
 */
export class Window {
  /** The number of the newest place. */
  head: number;
  /** Its id. */
  cursor: string;
  /** The number of the newest place that clients are told of, which a control entry is not. */
  visible: number;
  /** The entry that ended the log, if it has ended. It is at the head. */
  end: Entry | undefined;
  readonly #maxEntries: number;
  // The entries after the place with the number #oldest, whose id is #oldestId.
  readonly #entries = new Queue<Entry>();
  #oldest: number;
  #oldestId: string;
  #bytes = 0;
  #awaited: Place[] = [];
  #current: Place | undefined;
  readonly #pastEpochs: string[] = [];

  /**
   * @param head the number of the first place: higher than all numbers of the window before.
   * @param synchronous the log answers at once: of its entries only the one that is being handed out is held.
   * @param published an id from before: if the log is another one now, it does not come any more.
   */
  constructor(
    cursor: string,
    end: Entry | undefined,
    head: number,
    synchronous: boolean,
    published?: string,
  ) {
    this.cursor = this.#oldestId = cursor;
    this.end = end;
    this.head = this.visible = this.#oldest = head;
    this.#maxEntries = synchronous ? 1 : MAX_ENTRIES;
    if (published !== undefined) this.#pastEpochs.push(epochOf(published));
  }

  /** Takes the next entry of the log. Returns its number. */
  push(entry: Entry): number {
    this.#entries.push(entry);
    this.#bytes += entry.frame.bytes.byteLength;
    this.head++;
    this.cursor = entry.id;
    this.#current = undefined;
    if (!entry.control) this.visible = this.head;
    if (entry.end) this.end = entry;
    while (this.#entries.size > this.#maxEntries || (this.#bytes > MAX_BYTES && this.#entries.size > 1)) {
      const { id, frame } = this.#entries.shift();
      this.#bytes -= frame.bytes.byteLength;
      this.#oldest++;
      this.#oldestId = id;
    }
    this.#settle((place) => this.#hasCome(place.id));
    return this.head;
  }

  /** Goes on after another place: the tail has lost entries, or the log is another one. */
  break(cursor: string): void {
    const order = compareIds(cursor, this.cursor);
    if (order === undefined) this.#leave(epochOf(this.cursor));
    this.#entries.clear();
    this.#bytes = 0;
    this.visible = this.#oldest = ++this.head;
    this.cursor = this.#oldestId = cursor;
    this.end = undefined;
    this.#current = undefined;
    // What was to come in the old log does not come any more, nor what a log lacks that was restored from an older copy.
    const isRestored = order !== undefined && order <= 0;
    // An epoch that is neither this one nor one of before is of a log that came and went unheard.
    const isLost = ({ id }: Place): boolean => order === undefined && epochOf(id) !== epochOf(cursor);
    this.#settle((place) => isRestored || this.#hasCome(place.id) || isLost(place));
  }

  /** The number of the place with this id, if it is inside the window. */
  locate(id: string): number | undefined {
    if (id === this.cursor) return this.head;
    if (id === this.#oldestId) return this.#oldest;
    let low = this.#oldest + 1;
    let high = this.head;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = compareIds(id, this.#at(middle).id);
      if (order === undefined) return undefined;
      if (order === 0) return id === this.#at(middle).id ? middle : undefined;
      if (order < 0) high = middle - 1;
      else low = middle + 1;
    }
    return undefined;
  }

  /** The entry after the place with this number, if the window holds it. */
  entryAfter(number: number): Entry | undefined {
    return number < this.#oldest || number >= this.head ? undefined : this.#at(number + 1);
  }

  /** The id of the place with this number, if it is inside the window. */
  idOf(number: number): string | undefined {
    if (number === this.#oldest) return this.#oldestId;
    return number < this.#oldest || number > this.head ? undefined : this.#at(number).id;
  }

  /** The newest place, or the one with a later id, which this node has not heard of yet. */
  place(later: string | undefined): Place {
    if (later === undefined || this.#hasCome(later)) {
      return (this.#current ??= { id: this.cursor, number: this.head });
    }
    const known = this.#awaited.at(-1);
    if (known?.id === later) return known;
    const place = { id: later, number: Infinity };
    this.await(place);
    return place;
  }

  /** Gives a place its number, now or when the window has reached it. A place without an id is here. */
  await(place: Place): void {
    if (place.id === "") place.id = this.cursor;
    if (this.#hasCome(place.id)) place.number = this.head;
    else this.#awaited.push(place);
  }

  /** A log of before, of which this node need not have heard: nothing of it is waited for. */
  supersede(id: string): void {
    this.#leave(epochOf(id));
    this.#settle((place) => this.#hasCome(place.id));
  }

  #leave(epoch: string): void {
    this.#pastEpochs.push(epoch);
    if (this.#pastEpochs.length > MAX_PAST_EPOCHS) this.#pastEpochs.shift();
  }

  #at(number: number): Entry {
    return this.#entries.at(number - this.#oldest - 1)!;
  }

  #hasCome(id: string): boolean {
    const order = compareIds(id, this.cursor);
    return order === undefined ? this.#pastEpochs.includes(epochOf(id)) : order <= 0;
  }

  /** Gives the places that have been reached their number. */
  #settle(hasCome: (place: Place) => boolean): void {
    if (this.#awaited.length === 0) return;
    this.#awaited = this.#awaited.filter((place) => {
      if (!hasCome(place)) return true;
      place.number = this.head;
      return false;
    });
  }
}
