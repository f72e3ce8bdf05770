import type { Frame } from "../format/frame.js";

/** An event on its way into a log. */
export interface Draft {
  event?: string;
  /** Text: what is on the wire, the same on every node. */
  data: string;
  /** The labels by which subscribers select it. */
  topics?: readonly string[];
  /** The last event of the log. */
  end?: true;
  /** An entry for those who follow the log, such as a claim. It has an id like any other, and no client is sent it. */
  control?: true;
  /** A second draft with the key of an entry that is still in the history is that entry again. */
  idempotencyKey?: string;
}

/** An event in a log. */
export interface Entry extends Draft {
  /** The position, as a client hands it back. */
  readonly id: string;
  /** The event on the wire, made once. The id of the entry that ends the log ends in `~end` there. */
  readonly frame: Frame;
}

/** Why a log cannot read on after an id. */
export type ResetReason =
  /** It is no id of this log, or the id of an event that has not happened. */
  | "unknown-id"
  /** The events after it are no longer all kept. */
  | "evicted"
  /** It is the id of a log that was here before this one. */
  | "new-log";

/** What a log has after a place. */
export type Read =
  /** `cursor` is where to read on, also past entries that were passed over; `atTail`: there is no more. */
  | { readonly entries: readonly Entry[]; readonly cursor: string; readonly atTail: boolean }
  /** `cursor` is the place after which the kept entries begin. */
  | { readonly reset: ResetReason; readonly cursor: string };

/**
 * Where to begin to read: at the first entry ever stored (`"start"`, which is answered with the reset `evicted` when
 * that entry is gone), at the oldest entry that is kept (`"oldest"`), or after an id. An id is never a keyword.
 */
export type ReadFrom = "start" | "oldest" | { readonly after: string };

/** How much to read at the most. At least one entry is read if there is one, however large. */
export interface ReadLimit {
  events: number;
  bytes: number;
}

/** What the listener of a tail is told. */
export type News =
  /** The next entries. */
  | { readonly entries: readonly Entry[] }
  /** The tail has lost entries, or the log is another one now. The next entries told follow `cursor`. */
  | { readonly reset: ResetReason; readonly cursor: string }
  /** The log cannot be reached, or can be again. For health probes and metrics: delivery goes on by itself. */
  | { readonly status: "ready" | "down"; readonly error?: unknown };

/** Following a log. */
export interface Tail {
  /** The place after which the listener is told every entry. */
  readonly cursor: string;
  /** The entry that ended the log at that place, if it has ended. */
  readonly end?: Entry | undefined;
  stop(): void;
}

/** What can be said of a log without following it. */
export interface Peek {
  /** The place of the newest entry. */
  readonly cursor: string;
  /** The first entry ever stored, if it is still kept. */
  readonly first?: Entry | undefined;
  /** The entry that ended the log, if it has ended. */
  readonly end?: Entry | undefined;
}

/** When to append. */
export interface AppendOptions {
  /**
   * Stores only if the entry with this id is the last one ever stored; `"start"`: only if no entry ever was. Entries
   * that are evicted count. Otherwise the append is refused with `ERR_SSE_CONFLICT`.
   */
  after?: string | "start";
}

/** How much of the past a log keeps: what exceeds any of the limits is evicted. */
export interface BoundedHistory {
  /** Number of events. @default 10_000 */
  events?: number;
  /**
   * Bytes of the events on the wire, their topics and their idempotency keys; in memory they take two to three times
   * as much. The newest event is kept whatever its size. @default 16 MiB
   */
  bytes?: number;
  /** Milliseconds. The entry that ended the log is kept, however old. @default 300_000 */
  age?: number;
}

/** A log that is kept from its first entry on, such as an answer: nothing is evicted before the log has ended. */
export interface CompleteHistory {
  complete: true;
  /** Milliseconds for which the log is kept after its newest entry. */
  keep: number;
  /** Bytes, counted as for `BoundedHistory`. An append that would exceed them is refused with `ERR_SSE_LOG_FULL`. */
  maxBytes: number;
}

/** What a log keeps. */
export type History = BoundedHistory | CompleteHistory;

/**
 * An ordered record of events that gives each its id. All nodes that have the same log see the same entries in the
 * same order.
 *
 * Order and ids
 * - A log MUST give every entry an id `<epoch>-<position>` of at most 124 bytes, free of `: < > ( ) [ ] { } ? @ \ "`,
 *   which would cost a cross-origin client a preflight. A position is decimal numbers joined by `.`, compared part by
 *   part; later entries have greater positions. The epoch changes when a log starts empty.
 * - A position MUST identify one entry. In a log that may be restored from an older copy it therefore also contains
 *   the time at which the entry was stored.
 * - An id comes from a client. A log MUST match it against a strict grammar before anything else sees it.
 *
 * `append`
 * - MUST answer with one id for each draft, and only when the entries are stored. A draft whose `idempotencyKey` is
 *   known has the id of that entry; this is decided before the end and the condition are looked at. The other drafts
 *   are stored all or none.
 * - MUST refuse with `ERR_SSE_CHANNEL_ENDED` after an entry with `end`, and with `ERR_SSE_CONFLICT` when the condition
 *   does not hold, which MUST be decided atomically with the storing.
 * - MUST reject with `ERR_SSE_LOG_UNAVAILABLE` if nobody knows whether the drafts were stored. An error with any other
 *   code means that they were not.
 * - MUST store the drafts of one caller in the order of the calls. The promises may resolve in any order.
 *
 * `read` and `tail`
 * - `tail` MUST tell its listener of every entry after its `cursor`, each once, in order. It MUST NOT tell the listener
 *   of anything before it has returned, or its promise has been resolved.
 * - `tail` MUST tell `reset` when it cannot do so: when `read` after the last place it told would answer with a reset.
 *   It MUST NOT do so otherwise. What it tells next follows the `cursor` of the reset, which is never past an entry
 *   with `end`; nothing of the log before is told after it.
 * - An error that a listener throws MUST NOT keep other listeners from the news, nor reach the caller of `append`.
 * - `read` MUST return the entries that follow a place, in order, without a gap, or say that it cannot: `reset`.
 * - `read` MUST NOT return an entry before the calls of this node's listeners with that entry have returned.
 * - Entries with `control` are told and read like all others.
 * - All MAY be called concurrently, and with any string as an id; none may throw for what a client sent.
 *
 * A log that answers at once returns values, not promises; it then MUST do so always, and MUST tell the listeners of
 * an entry within `append`. A failed `read`, `peek` or `tail` is no statement about the log: it may be called again.
 */
export interface EventLog {
  append(drafts: readonly Draft[], options?: AppendOptions): readonly string[] | Promise<readonly string[]>;
  read(from: ReadFrom, max: ReadLimit): Read | Promise<Read>;
  tail(listener: (news: News) => void): Tail | Promise<Tail>;
  peek(): Peek | Promise<Peek>;
  readonly status: "ready" | "down" | "closed";
  /** Ends the tails of this object and lets go of what it holds. It deletes nothing that a store keeps. Idempotent. */
  close(): Promise<void>;
}

/** Logs by key, on one set of connections. */
export interface LogStore {
  /**
   * Opens the log of a key. Does no I/O.
   *
   * @param history what the log keeps. Default: that of the store.
   */
  open(key: string, history?: History): EventLog;
  readonly status: EventLog["status"];
  /** Ends its own connections, and leaves a client of the app open. The app calls it, and not a channel. */
  close(): Promise<void>;
}
