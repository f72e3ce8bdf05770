import { isThenable } from "../stream/source.js";
import type { EventLog, Read, ReadFrom } from "./event-log.js";
import { compareIds, epochOf } from "./ids.js";

const READ_LIMIT = { events: 500, bytes: 64 * 1024 };
const MAX_PAGES = 16;
// Milliseconds. Long enough for the clients that come back at the same time.
const MAX_AGE = 1_000;

type Reset = Extract<Read, { reset: unknown }>;

/** A result of the log that other readers may use. */
interface Shared {
  readonly from: ReadFrom;
  readonly result: Read;
  readonly at: number;
  /** How many entries had been stored when it was read, as far as this node knows. */
  readonly stored: number;
  /** The index of the entry that follows each id, if the result has entries. */
  readonly next: ReadonlyMap<string, number>;
}

interface Reader {
  readonly from: ReadFrom;
  resolve(result: Read): void;
  reject(error: unknown): void;
}

/**
 * Reads a log for all subscribers of a channel on this node. An asynchronous log is read by one request at a time, and
 * its result also answers the readers near that position. When many clients come back at once, the log is asked for each
 * page once, and not for each client.
 */
export class SharedReads {
  readonly #log: EventLog;
  // The newest results. An empty result is not kept, because entries may be stored later. For the same reason the page
  // that was the oldest is not taken for the oldest later.
  #shared: Shared[] = [];
  #readers: Reader[] = [];
  #reading = false;
  // How often `clear` was called. What was read before is not shared after.
  #losses = 0;
  // How many entries were stored since this object exists.
  #stored = 0;

  constructor(log: EventLog) {
    this.#log = log;
  }

  read(from: ReadFrom): Read | Promise<Read> {
    const known = this.#find(from);
    if (known !== undefined) return known;
    const result = this.#reading ? undefined : this.#log.read(from, READ_LIMIT);
    if (result !== undefined && !isThenable(result)) return result;
    return new Promise((resolve, reject) => {
      const reader = { from, resolve, reject };
      if (result === undefined) this.#readers.push(reader);
      else this.#await(Promise.resolve(result), [reader]);
    });
  }

  /** To be called for every entry that is stored. */
  stored(): void {
    this.#stored++;
    this.#expire();
  }

  /** Forgets all results, because the log has lost entries. */
  clear(): void {
    this.#losses++;
    this.#shared = [];
  }

  /** Releases the results that are too old to be shared. */
  #expire(): void {
    if (this.#shared.length === 0) return;
    const since = performance.now() - MAX_AGE;
    this.#shared = this.#shared.filter(
      // With a small history, the entries of a page may be evicted as soon as equally many have been stored.
      ({ at, stored, result }) =>
        at > since && ("reset" in result || this.#stored - stored < result.entries.length),
    );
  }

  /** Waits for a request to the log. `readers` have asked from its position, before the request was made. */
  #await(request: Promise<Read>, readers: readonly Reader[]): void {
    this.#reading = true;
    const losses = this.#losses;
    const { from } = readers[0]!;
    request.then(
      (result) => {
        this.#reading = false;
        const shared = losses === this.#losses ? this.#share(from, result) : undefined;
        for (const reader of readers) reader.resolve(result);
        this.#answerReaders(shared);
      },
      (error: unknown) => {
        this.#reading = false;
        // The other readers would only wait for the same log, one after another.
        for (const reader of [...readers, ...this.#readers.splice(0)]) reader.reject(error);
      },
    );
  }

  /**
   * Answers the readers that need no request, and makes the request that the first of the others needs.
   *
   * @param shared the new result. The readers have looked at the others before.
   */
  #answerReaders(shared: Shared | undefined): void {
    this.#readers = this.#readers.filter(({ from, resolve }) => {
      const known = shared && answerOf(shared, from);
      if (known !== undefined) resolve(known);
      return known === undefined;
    });
    const first = this.#readers[0];
    if (first === undefined) return;
    const readers = this.#readers.filter(({ from }) => isSame(from, first.from));
    this.#readers = this.#readers.filter(({ from }) => !isSame(from, first.from));
    this.#await(new Promise((resolve) => resolve(this.#log.read(first.from, READ_LIMIT))), readers);
  }

  #share(from: ReadFrom, result: Read): Shared | undefined {
    const entries = "entries" in result ? result.entries : [];
    if ("entries" in result && entries.length === 0) return undefined;
    this.#expire();
    const next = new Map(entries.map(({ id }, index) => [id, index + 1]));
    if (typeof from === "object" && entries.length > 0) next.set(from.after, 0);
    const shared = { from, result, at: performance.now(), stored: this.#stored, next };
    this.#shared.push(shared);
    if (this.#shared.length > MAX_PAGES) this.#shared.shift();
    return shared;
  }

  #find(from: ReadFrom): Read | undefined {
    this.#expire();
    let known: Read | undefined;
    this.#shared.findLast((shared) => (known = answerOf(shared, from)));
    return known;
  }
}

/** What a shared result tells a reader. `undefined`: nothing. */
function answerOf({ from: sharedFrom, result, next }: Shared, from: ReadFrom): Read | undefined {
  if ("reset" in result) return isLostAlike(from, sharedFrom, result) ? result : undefined;
  if (typeof from === "string") return from === "start" && sharedFrom === from ? result : undefined;
  const index = next.get(from.after);
  if (index === undefined || index === result.entries.length) return undefined;
  return { ...result, entries: result.entries.slice(index) };
}

/**
 * Whether a log that has answered `known` with a reset answers `from` with the same one. An id that is unknown may be
 * stored later.
 */
function isLostAlike(from: ReadFrom, known: ReadFrom, { reset, cursor }: Reset): boolean {
  if (typeof from === "string" || typeof known === "string") return from === known;
  // Not compared with the known id: a client may send an id that the log has never given out.
  if (reset === "evicted") return (compareIds(from.after, cursor) ?? 0) < 0;
  return reset === "new-log" && epochOf(from.after) === epochOf(known.after);
}

function isSame(from: ReadFrom, other: ReadFrom): boolean {
  return (
    from === other || (typeof from === "object" && typeof other === "object" && from.after === other.after)
  );
}
