import { Queue } from "../queue.js";
import type { Entry } from "./event-log.js";
import { compareIds, epochOf } from "./ids.js";

// How much of an asynchronous log a node keeps. A synchronous log can be read again at any time.
const MAX_ENTRIES = 1_000;
const MAX_BYTES = 1 << 20;
const MAX_PAST_EPOCHS = 16;

/** A point in the order of a channel. A subscriber has reached it when it has passed every entry before it. */
export interface Place {
  id: string;
  /** The number of the place in the window. `Infinity` until the window has reached the place. */
  number: number;
}

/**
 * The newest entries of a log that this node has received, numbered one by one. Comparing numbers is enough to find out
 * what a reader lacks, whether it may become live, and which entries come before a message of the program. A reset of
 * the tail takes a number too.
 */
export class Window {
  /** The number of the newest place. */
  head: number;
  /** The id of the newest place. */
  cursor: string;
  /** The number of the newest place that is not a control entry: clients see this place. */
  visible: number;
  /** The entry that ended the log, if the log has ended. Its number is `head`. */
  end: Entry | undefined;
  readonly #maxEntries: number;
  // The entries after the place #oldest. The id of that place is #oldestId.
  readonly #entries = new Queue<Entry>();
  #oldest: number;
  #oldestId: string;
  #bytes = 0;
  // Places that the window has not reached yet.
  #awaited: Place[] = [];
  #current: Place | undefined;
  // Epochs of logs that were replaced. Nothing of them is waited for.
  readonly #pastEpochs: string[] = [];

  /**
   * @param head the number of the first place. Higher than all numbers of the previous window.
   * @param synchronous whether the log is synchronous. Then only the entry that is being delivered is kept.
   * @param published an id that was published before. If the log was replaced since then, nobody waits for this id.
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

  /** Adds the next entry of the log. Returns its number. */
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

  /** Continues after another id, because the tail has lost entries or the log was replaced. */
  break(cursor: string): void {
    const order = compareIds(cursor, this.cursor);
    if (order === undefined) this.#addPastEpoch(epochOf(this.cursor));
    this.#entries.clear();
    this.#bytes = 0;
    this.visible = this.#oldest = ++this.head;
    this.cursor = this.#oldestId = cursor;
    this.end = undefined;
    this.#current = undefined;
    // A log that was restored from an older copy will never have the entries that the copy lacks.
    const isRestored = order !== undefined && order <= 0;
    // An unknown epoch belongs to a log that was replaced before this node received an entry of it.
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

  /** Returns the newest place, or the place `later` if the window has not reached that id yet. */
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

  /**
   * Sets the number of a place, now or when the window reaches it. A place with an empty id becomes the newest place.
   */
  await(place: Place): void {
    if (place.id === "") place.id = this.cursor;
    if (this.#hasCome(place.id)) place.number = this.head;
    else this.#awaited.push(place);
  }

  /**
   * Marks the log of an id as replaced: nothing of it is waited for. This node may never have received entries of it.
   */
  supersede(id: string): void {
    this.#addPastEpoch(epochOf(id));
    this.#settle((place) => this.#hasCome(place.id));
  }

  #addPastEpoch(epoch: string): void {
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

  /** Sets the number of each awaited place that `hasCome` accepts. */
  #settle(hasCome: (place: Place) => boolean): void {
    if (this.#awaited.length === 0) return;
    this.#awaited = this.#awaited.filter((place) => {
      if (!hasCome(place)) return true;
      place.number = this.head;
      return false;
    });
  }
}
