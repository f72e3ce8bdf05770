// @ts-check
import { SseError } from "@ssekit/core";
import { createEntry } from "@ssekit/core/adapter";

/**
 * @import { AppendOptions, Draft, Entry, EventLog, History, News, Peek, Read, ReadFrom, ReadLimit, Tail } from "@ssekit/core"
 * @typedef {string | number | null} SqlValue
 * @typedef {{ toArray(): Record<string, SqlValue>[] }} SqlCursor
 * @typedef {{ sql: { exec(query: string, ...values: SqlValue[]): SqlCursor }, transactionSync<T>(run: () => T): T }} Storage
 *   The members of a Durable Object's storage that are used here.
 * @typedef {{ number: number, at: number }} Place An entry's number, and the time at which it was stored.
 */

const ID = /^([0-9a-z]{1,32})-(?:0|([1-9][0-9]{0,14})\.([1-9][0-9]{0,14}))$/;

// `at` is in milliseconds since 1970. `log` has one row. It outlives the entries, which are evicted.
const TABLES = `
  CREATE TABLE IF NOT EXISTS log (epoch TEXT, number INTEGER, at INTEGER, evicted INTEGER, evicted_at INTEGER, ended TEXT);
  CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY, at INTEGER, size INTEGER, key TEXT, draft TEXT);
  CREATE INDEX IF NOT EXISTS keys ON entries (key);
`;

/**
 * An event log in the SQLite storage of a Durable Object. It keeps its events when the object restarts. Only one log may
 * use a storage.
 *
 * A position is `<number>.<time of storing>`, so that an object that was restored from a backup is recognised: then
 * another event can have the same number.
 *
 * @implements {EventLog}
 */
export class SqlLog {
  /** @type {Storage} */ #storage;
  /** @type {{ events: number, bytes: number, age: number }} */ #limits;
  /** @type {{ keep: number, maxBytes: number } | undefined} */ #complete;
  /** @type {string} */ #epoch;
  /** @type {Place} The newest entry ever stored. */ #last;
  /** @type {Place} The newest entry that is no longer kept. */ #evicted;
  /** @type {Entry | undefined} */ #end;
  #bytes = 0;
  /** @type {Place} The entry up to which all listeners have been called. */ #told;
  /** @type {Set<{ readonly listener: (news: News) => void }>} */ #listeners = new Set();
  /** @type {(readonly Entry[])[]} */ #untold = [];
  #isClosed = false;

  /**
   * @param {Storage} storage `ctx.storage` of an object with SQLite.
   * @param {History} [history] what the log keeps. Default: 10 000 events, 16 MiB, 5 minutes.
   */
  constructor(storage, history = {}) {
    this.#storage = storage;
    this.#complete = "complete" in history ? history : undefined;
    const { events = 10_000, bytes = 16 << 20, age = 300_000 } = "complete" in history ? {} : history;
    this.#limits = { events, bytes, age };
    this.#sql(TABLES);
    if (this.#sql("SELECT epoch FROM log").length === 0) {
      const epoch = crypto.randomUUID().replaceAll("-", "").slice(0, 12);
      this.#sql("INSERT INTO log VALUES (?, 0, 0, 0, 0, NULL)", epoch);
    }
    const log = /** @type {Record<string, any>} */ (this.#sql("SELECT * FROM log")[0]);
    this.#epoch = log.epoch;
    this.#last = { number: log.number, at: log.at };
    this.#evicted = { number: log.evicted, at: log.evicted_at };
    if (log.ended !== null) this.#end = createEntry(this.#id(this.#last), JSON.parse(log.ended));
    this.#bytes = Number(this.#sql("SELECT coalesce(sum(size), 0) AS bytes FROM entries")[0]?.bytes);
    this.#told = this.#last;
  }

  /** @returns {"ready" | "closed"} */
  get status() {
    return this.#isClosed ? "closed" : "ready";
  }

  /**
   * @param {readonly Draft[]} drafts
   * @param {AppendOptions} [options]
   */
  append(drafts, { after } = {}) {
    this.#expectOpen();
    this.#evict(); // so that the keys of expired entries are no longer known
    const at = Math.max(Date.now(), this.#last.at);
    /** @type {Draft[]} */ const added = [];
    /** @type {Map<string, Place>} */ const addedKeys = new Map();
    const places = drafts.map((draft) => {
      const { idempotencyKey: key } = draft;
      const known = key === undefined ? undefined : (this.#placeOf(key) ?? addedKeys.get(key));
      if (known !== undefined) return known;
      const place = { number: this.#last.number + added.push(draft), at };
      if (key !== undefined) addedKeys.set(key, place);
      return place;
    });
    if (added.length > 0) this.#store(added, at, after);
    return places.map((place) => this.#id(place));
  }

  /**
   * @param {ReadFrom} from
   * @param {ReadLimit} max
   * @returns {Read}
   */
  read(from, max) {
    this.#expectOpen();
    this.#evict();
    /** @type {(reason: "unknown-id" | "evicted" | "new-log") => Read} */
    const reset = (reason) => ({ reset: reason, cursor: this.#id(this.#evicted) });
    let place = this.#evicted;
    if (from === "start") {
      if (place.number > 0) return reset("evicted");
    } else if (from !== "oldest") {
      const [match, epoch, number = "0", at = "0"] = ID.exec(from.after) ?? [];
      if (match === undefined) return reset("unknown-id");
      if (epoch !== this.#epoch) return reset("new-log");
      place = { number: Number(number), at: Number(at) };
      if (place.number > this.#last.number) return reset("unknown-id");
      if (place.number < this.#evicted.number) return reset("evicted");
      if (place.at !== this.#storedAt(place.number)) return reset("unknown-id");
    }
    /** @type {Entry[]} */ const entries = [];
    const rows = this.#sql(
      "SELECT number, at, draft FROM entries WHERE number > ? AND number <= ? ORDER BY number LIMIT ?",
      place.number,
      this.#told.number,
      Math.max(1, Math.min(max.events, 1_000)),
    );
    let bytes = 0;
    for (const { number, at, draft } of rows) {
      const next = { number: Number(number), at: Number(at) };
      const entry = createEntry(this.#id(next), JSON.parse(String(draft)));
      bytes += entry.frame.bytes.byteLength;
      if (entries.length > 0 && bytes > max.bytes) break;
      entries.push(entry);
      place = next;
    }
    return { entries, cursor: this.#id(place), atTail: place.number >= this.#told.number };
  }

  /**
   * @param {(news: News) => void} listener
   * @returns {Tail}
   */
  tail(listener) {
    this.#expectOpen();
    const added = { listener };
    this.#listeners.add(added);
    const isAtEnd = this.#told.number === this.#last.number;
    return {
      cursor: this.#id(this.#told),
      end: isAtEnd ? this.#end : undefined,
      stop: () => void this.#listeners.delete(added),
    };
  }

  /** @returns {Peek} */
  peek() {
    this.#expectOpen();
    this.#evict();
    const [first] = this.#sql("SELECT at, draft FROM entries WHERE number = 1");
    return {
      cursor: this.#id(this.#last),
      first:
        first && createEntry(this.#id({ number: 1, at: Number(first.at) }), JSON.parse(String(first.draft))),
      end: this.#end,
    };
  }

  async close() {
    this.#isClosed = true;
    this.#listeners.clear();
  }

  /**
   * @param {readonly Draft[]} added
   * @param {number} at
   * @param {string | undefined} after
   */
  #store(added, at, after) {
    if (this.#end !== undefined || added.slice(0, -1).some((draft) => draft.end)) {
      throw new SseError(
        "ERR_SSE_CHANNEL_ENDED",
        "The log has ended, or a draft follows one that ends it: nothing was stored",
      );
    }
    const newest = this.#last.number === 0 ? "start" : this.#id(this.#last);
    if (after !== undefined && after !== newest) {
      throw new SseError("ERR_SSE_CONFLICT", `after: expected ${newest}, got ${after}; nothing was stored`);
    }
    const places = added.map((_, n) => ({ number: this.#last.number + 1 + n, at }));
    const entries = added.map((draft, n) => createEntry(this.#id(/** @type {Place} */ (places[n])), draft));
    const sizes = entries.map(sizeOf);
    if (this.#complete !== undefined) this.#refuseIfFull(entries, sizes, this.#complete.maxBytes);
    const last = /** @type {Place} */ (places.at(-1));
    const ended = added.at(-1)?.end ? JSON.stringify(added.at(-1)) : null;
    this.#storage.transactionSync(() => {
      for (const [n, draft] of added.entries()) {
        const { idempotencyKey = null } = draft;
        const number = last.number - added.length + 1 + n;
        this.#sql(
          "INSERT INTO entries VALUES (?, ?, ?, ?, ?)",
          number,
          at,
          sizes[n] ?? 0,
          idempotencyKey,
          JSON.stringify(draft),
        );
      }
      this.#sql("UPDATE log SET number = ?, at = ?, ended = ?", last.number, at, ended);
    });
    this.#last = last;
    this.#bytes += sizes.reduce((sum, size) => sum + size, 0);
    if (ended !== null) this.#end = entries.at(-1);
    this.#evict();
    this.#tell(entries);
  }

  /**
   * Calls the listeners. Entries that a listener appends are told after the current ones have reached every listener.
   *
   * @param {readonly Entry[]} stored
   */
  #tell(stored) {
    if (this.#untold.push(stored) > 1) return;
    for (; this.#untold.length > 0; this.#untold.shift()) {
      const entries = this.#untold[0] ?? [];
      for (const { listener } of this.#listeners) {
        try {
          listener({ entries });
        } catch (error) {
          console.error(error);
        }
      }
      this.#told = this.#placeOfId(/** @type {Entry} */ (entries.at(-1)).id);
    }
  }

  /** Deletes the entries that are over the limits. */
  #evict() {
    const { events, bytes, age } = this.#limits;
    const now = Date.now();
    if (this.#complete !== undefined) {
      if (this.#end === undefined || now < this.#last.at + this.#complete.keep) return;
      this.#sql("DELETE FROM entries");
      this.#evictedUpTo(this.#last);
      this.#bytes = 0;
      return;
    }
    for (;;) {
      const size = this.#last.number - this.#evicted.number;
      if (size === 0) return;
      const [oldest] = this.#sql("SELECT number, at, size FROM entries ORDER BY number LIMIT 1");
      const exceeds = size > events || (this.#bytes > bytes && size > 1);
      // The end entry is kept, so that a client that reconnects late is still told that the log has ended.
      const isEnd = size === 1 && this.#end !== undefined;
      const place = { number: Number(oldest?.number), at: Number(oldest?.at) };
      if (!exceeds && (isEnd || place.at > now - age)) return;
      this.#sql("DELETE FROM entries WHERE number = ?", place.number);
      this.#evictedUpTo(place);
      this.#bytes -= Number(oldest?.size);
    }
  }

  /** @param {Place} place */
  #evictedUpTo(place) {
    this.#sql("UPDATE log SET evicted = ?, evicted_at = ?", place.number, place.at);
    this.#evicted = place;
  }

  /**
   * Throws before anything is stored if an entry would exceed `maxBytes`. End and control entries are never refused.
   *
   * @param {readonly Entry[]} entries
   * @param {readonly number[]} sizes
   * @param {number} maxBytes
   */
  #refuseIfFull(entries, sizes, maxBytes) {
    let bytes = this.#bytes;
    for (const [n, { end, control }] of entries.entries()) {
      bytes += sizes[n] ?? 0;
      if (bytes <= maxBytes || end || control) continue;
      throw new SseError(
        "ERR_SSE_LOG_FULL",
        `The log would hold ${bytes} bytes, more than its maxBytes of ${maxBytes}: nothing was stored`,
      );
    }
  }

  /**
   * @param {string} key
   * @returns {Place | undefined}
   */
  #placeOf(key) {
    const [row] = this.#sql("SELECT number, at FROM entries WHERE key = ?", key);
    return row && { number: Number(row.number), at: Number(row.at) };
  }

  /** @param {number} number of an entry that is kept, or of the newest one that is not. */
  #storedAt(number) {
    if (number === this.#evicted.number) return this.#evicted.at;
    return Number(this.#sql("SELECT at FROM entries WHERE number = ?", number)[0]?.at);
  }

  /** @param {Place} place */
  #id({ number, at }) {
    return number === 0 ? `${this.#epoch}-0` : `${this.#epoch}-${number}.${at}`;
  }

  /**
   * @param {string} id of this log.
   * @returns {Place}
   */
  #placeOfId(id) {
    const [, , number, at] = ID.exec(id) ?? [];
    return { number: Number(number), at: Number(at) };
  }

  #expectOpen() {
    if (this.#isClosed)
      throw new SseError("ERR_SSE_CHANNEL_CLOSED", "The log is closed: nothing was stored or read");
  }

  /**
   * @param {string} query
   * @param {SqlValue[]} values
   */
  #sql(query, ...values) {
    return this.#storage.sql.exec(query, ...values).toArray();
  }
}

/**
 * How many bytes an entry counts towards the limits of a history.
 *
 * @param {Entry} entry
 */
function sizeOf({ frame, topics = [], idempotencyKey = "" }) {
  return frame.bytes.byteLength + new TextEncoder().encode(topics.join("") + idempotencyKey).byteLength;
}
