import type { Frame } from "../format/frame.js";

/** An event that is to be appended to a log. It has no id yet. */
export interface Draft {
  /** The event type. Clients dispatch an event without one as `message`. */
  event?: string;
  /** The data as text. Every node sends exactly this text. */
  data: string;
  /** The labels by which subscribers select the event. */
  topics?: readonly string[];
  /** Marks the last event of the log. */
  end?: true;
  /**
   * Marks an entry that is read and told like any other, but is never sent to a client. Example: an entry that claims
   * a key.
   */
  control?: true;
  /** If the history still holds an entry with this key, the draft is not stored again: it gets the id of that entry. */
  idempotencyKey?: string;
}

/** An event that is stored in a log. */
export interface Entry extends Draft {
  /** The position of the entry. A client sends it back as its last event ID. */
  readonly id: string;
  /** The event as bytes, encoded once for all streams. If the entry ends the log, its id ends in `~end` there. */
  readonly frame: Frame;
}

/** Why a log cannot continue reading after an id. */
export type ResetReason =
  /** The id does not belong to this log, or no event has this id yet. */
  | "unknown-id"
  /** At least one event after the id is no longer kept. */
  | "evicted"
  /** The id belongs to a log that this log has replaced. */
  | "new-log";

/** The result of `EventLog.read`: entries, or the reason why the log cannot continue. */
export type Read =
  /**
   * `cursor` is the id after which to read next. It may be later than the last of `entries`, if the log passed over
   * others. `atTail` is true if there are no more entries.
   */
  | { readonly entries: readonly Entry[]; readonly cursor: string; readonly atTail: boolean }
  /** The kept entries begin after `cursor`. */
  | { readonly reset: ResetReason; readonly cursor: string };

/**
 * Where `EventLog.read` begins.
 *
 * - `"start"`: at the first entry ever stored. If that entry is gone, the log returns the reset `evicted`.
 * - `"oldest"`: at the oldest entry that is kept.
 * - `{ after }`: after this id. The id is never interpreted as a keyword.
 */
export type ReadFrom = "start" | "oldest" | { readonly after: string };

/** How much one `EventLog.read` returns at most. The first entry is returned whatever its size. */
export interface ReadLimit {
  /** Number of entries. */
  events: number;
  /** Bytes of the events on the wire. */
  bytes: number;
}

/** What a tail tells its listener. */
export type News =
  /** The next entries. */
  | { readonly entries: readonly Entry[] }
  /** The tail has lost entries, or the log was replaced by another one. The next entries follow `cursor`. */
  | { readonly reset: ResetReason; readonly cursor: string }
  /**
   * The log has become unreachable, or reachable again. This is for health probes and metrics: delivery continues
   * without any action.
   */
  | { readonly status: "ready" | "down"; readonly error?: unknown };

/** A running `EventLog.tail`. */
export interface Tail {
  /** The listener is told every entry after this id. */
  readonly cursor: string;
  /** The entry that ended the log, if `cursor` is the id of that entry. */
  readonly end?: Entry | undefined;
  /** Stops calling the listener. Idempotent. */
  stop(): void;
}

/** The result of `EventLog.peek`. */
export interface Peek {
  /** The position of the newest entry, as an id. */
  readonly cursor: string;
  /** The first entry ever stored, if it is still kept. */
  readonly first?: Entry | undefined;
  /** The entry that ended the log, if the log has ended. */
  readonly end?: Entry | undefined;
}

/** Options of `EventLog.append`. */
export interface AppendOptions {
  /**
   * A condition: the drafts are stored only if the last entry ever stored has this id. `"start"`: only if no entry was
   * ever stored. Evicted entries count. Otherwise the append is refused with `ERR_SSE_CONFLICT`.
   *
   * @default no condition
   */
  after?: string | "start";
}

/** How much of the past a log keeps. When a limit is exceeded, the oldest entries are evicted. */
export interface BoundedHistory {
  /** Number of events. @default 10_000 */
  events?: number;
  /**
   * Bytes of the events on the wire, their topics and their idempotency keys. A log in memory needs two to three times
   * as much. The newest event is kept whatever its size.
   *
   * @default 16 MiB
   */
  bytes?: number;
  /**
   * Milliseconds after which an entry is no longer kept. The entry that ended the log is kept, however old.
   *
   * @default 300_000
   */
  age?: number;
}

/** The history of a log that keeps every entry until the log has ended, such as the log of an answer. */
export interface CompleteHistory {
  /** Selects this kind of history. */
  complete: true;
  /** Milliseconds for which the log is kept after its newest entry was stored. Required. */
  keep: number;
  /**
   * Bytes, counted as in `BoundedHistory`. An append that would exceed them is refused with `ERR_SSE_LOG_FULL`.
   * Required.
   */
  maxBytes: number;
}

/** How much of the past a log keeps. */
export type History = BoundedHistory | CompleteHistory;

/**
 * An ordered record of events that gives each event its id. All nodes that open the same log see the same entries in
 * the same order.
 *
 * Order and ids
 * - A log MUST give every entry an id `<epoch>-<position>`. The id MUST have at most 124 bytes and contain none of
 *   `: < > ( ) [ ] { } ? @ \ "`, because each of them would cost a cross-origin client a preflight. A position is one
 *   or more decimal numbers joined by `.`. Positions are compared number by number, and later entries have greater
 *   positions. A log that starts empty has a new epoch.
 * - A position MUST identify one entry. If a log may be restored from an older copy, its positions therefore also
 *   contain the time at which the entry was stored.
 * - Ids come from clients. A log MUST match an id against a strict grammar before it passes the id to anything else.
 *
 * `append`
 * - MUST return one id for each draft, and only after the entries are stored. If the `idempotencyKey` of a draft is
 *   known, the draft gets the id of the entry with that key. The log looks for known keys before it checks whether it
 *   has ended and whether the condition `after` holds. The other drafts MUST be stored either all or not at all.
 * - MUST refuse with `ERR_SSE_CHANNEL_ENDED` after an entry with `end`, and with `ERR_SSE_CONFLICT` when the condition
 *   does not hold. Checking the condition and storing MUST be one atomic operation.
 * - MUST reject with `ERR_SSE_LOG_UNAVAILABLE` if it is unknown whether the drafts were stored. An error with any
 *   other code means that they were not stored.
 * - MUST store the drafts of one caller in the order of the calls. The promises MAY resolve in any order.
 *
 * `read` and `tail`
 * - `tail` MUST tell its listener every entry after its `cursor`, each once and in order. It MUST NOT call the listener
 *   before `tail` has returned or, if it returned a promise, before that promise has been resolved.
 * - `tail` MUST tell `reset` when it cannot continue, which means: when `read` after the last id that it told would
 *   return a reset. It MUST NOT tell `reset` in any other case. The next entries that it tells follow the `cursor` of
 *   the reset. This cursor MUST NOT be past an entry with `end`. After the reset, `tail` MUST NOT tell anything of the
 *   old log.
 * - If a listener throws, the other listeners MUST still be told the news, and the error MUST NOT reach the caller of
 *   `append`.
 * - `read` MUST return the entries that follow a position, in order and without a gap. If it cannot, it MUST return a
 *   reset.
 * - `read` MUST NOT return an entry before the calls of this node's listeners with that entry have returned.
 * - Entries with `control` are told and read like all other entries.
 * - All methods MAY be called concurrently, and with any string as an id. They MUST NOT throw because of an id.
 *
 * A log is synchronous if its methods return values instead of promises. Such a log MUST always return values, and
 * `append` MUST call the listeners with the new entries before it returns. When `read`, `peek` or `tail` fails, this
 * says nothing about the log: the caller may call it again.
 */
export interface EventLog {
  /**
   * Stores drafts and returns their ids.
   *
   * @throws {SseError} `ERR_SSE_CHANNEL_ENDED`, `ERR_SSE_CONFLICT`, `ERR_SSE_LOG_FULL`, `ERR_SSE_LOG_UNAVAILABLE`,
   *   `ERR_SSE_CHANNEL_CLOSED`
   * @example
   * ```ts
   * const [id] = await log.append([{ event: "tick", data: "101.5", topics: ["AAPL"] }]);
   * ```
   */
  append(drafts: readonly Draft[], options?: AppendOptions): readonly string[] | Promise<readonly string[]>;
  /**
   * Reads the entries that follow a position.
   *
   * @example
   * ```ts
   * const result = await log.read({ after: lastEventId }, { events: 500, bytes: 64 * 1024 });
   * if ("reset" in result) console.log("Entries are missing:", result.reset);
   * else for (const { id, data } of result.entries) console.log(id, data);
   * ```
   */
  read(from: ReadFrom, max: ReadLimit): Read | Promise<Read>;
  /**
   * Follows the log: calls a listener with every entry that is stored from now on.
   *
   * @example
   * ```ts
   * const tail = await log.tail((news) => {
   *   if ("entries" in news) for (const { id, data } of news.entries) console.log(id, data);
   * });
   * tail.stop();
   * ```
   */
  tail(listener: (news: News) => void): Tail | Promise<Tail>;
  /** Returns the first entry, the last id and the end of the log, without following it. */
  peek(): Peek | Promise<Peek>;
  /** Whether the log can be reached. */
  readonly status: "ready" | "down" | "closed";
  /** Ends the tails of this object and releases its memory. It deletes nothing that a store keeps. Idempotent. */
  close(): Promise<void>;
}

/** A set of logs, each with a key. All of them share the connections of the store. */
export interface LogStore {
  /**
   * Opens the log with this key. Does no I/O.
   *
   * @param history what the log keeps. Default: the history of the store.
   * @throws {SseError} `ERR_SSE_INVALID_OPTION`, `ERR_SSE_CHANNEL_CLOSED`
   * @example
   * ```ts
   * const log = memoryLogs().open("prices", { events: 1_000, age: 60_000 });
   * ```
   */
  open(key: string, history?: History): EventLog;
  /** Whether the logs can be reached. */
  readonly status: EventLog["status"];
  /**
   * Closes all logs and the connections that the store has opened. A client object that the app passed in stays open.
   * The app calls this; channels do not.
   */
  close(): Promise<void>;
}
