import { encode } from "./encode.js";
import { createFrame, type Frame } from "./frame.js";
import { END_SUFFIX } from "./last-event-id.js";

/** An event on its way into a log. */
export interface Draft {
  event?: string;
  /** Text: what is on the wire, the same on every node. */
  data: string;
  topic?: string;
  /** The last event of the log. */
  end?: true;
  /** A second draft with the key of one that is still in the history is that one again. */
  idempotencyKey?: string;
}

/** An event in a log. */
export interface Entry extends Draft {
  /** The position, as a client hands it back. */
  readonly id: string;
  /** The event on the wire, made once. The id of one that ends the log ends in `~end` there. */
  readonly frame: Frame;
}

/** Why a log cannot read on after an id. */
export type ResetReason =
  /** It is no id of this log, or of an event that has not happened. */
  | "unknown-id"
  /** What followed it is no longer kept. */
  | "evicted"
  /** It is of a log that was here before this one. */
  | "new-log";

/** What a log has after an id. */
export type Read =
  /** `cursor` is where to read on, also past entries that were passed over; `atTail`: there is no more. */
  | { readonly entries: readonly Entry[]; readonly cursor: string; readonly atTail: boolean }
  /** `cursor` is where what is kept begins. */
  | { readonly reset: ResetReason; readonly cursor: string };

/** How much to read at the most. At least one entry is read if there is one, however large. */
export interface ReadLimit {
  events: number;
  bytes: number;
}

/** Following a log. */
export interface Tail {
  /** The position after which the listener hears of every entry. */
  readonly cursor: string;
  /** The entry that ended the log at that position, if it has ended. */
  readonly end: Entry | undefined;
  stop(): void;
}

/**
 * An ordered, bounded record of events that gives each its id. All nodes that have the same log see the same entries
 * in the same order.
 *
 * Order and ids
 * - A log MUST give every entry an id `<epoch>-<position>` of at most 124 bytes, free of `: < > ( ) [ ] { } ? @ \ "`,
 *   which would cost a cross-origin client a preflight. The epoch says which log it was: a log that starts empty, or
 *   older than it was, MUST have a new one.
 * - An id comes from a client. A log MUST match it against a strict grammar before anything else sees it.
 *
 * `append`
 * - MUST resolve with the id only when the entry is stored, and MUST NOT store anything when it rejects for a reason
 *   of its own, such as an entry too large. After an entry with `end` it MUST reject with `ERR_SSE_CHANNEL_ENDED`.
 * - MUST store the drafts of one caller in the order of the calls. The promises may resolve in any order.
 *
 * `read` and `tail`
 * - `tail` MUST tell its listener of every entry after its `cursor`, each once, in order. It MUST NOT tell the listener
 *   of anything before it has returned, or its promise has been resolved.
 * - `read` MUST return the entries that follow an id, in order, without a gap, or say that it cannot: `reset`.
 * - `read` MUST NOT return an entry that the listeners of this node's tail have not been told of.
 * - Both MAY be called concurrently, and with any string as an id; neither may throw for what a client sent.
 *
 * A log that answers at once returns values, not promises; it then MUST do so always, and MUST tell the listeners of
 * an entry within `append`. A failed `read` or `append` is no statement about the log: it may be called again.
 */
export interface EventLog {
  append(draft: Draft): string | Promise<string>;
  read(after: string | "start", max: ReadLimit): Read | Promise<Read>;
  tail(listener: (entries: readonly Entry[]) => void): Tail | Promise<Tail>;
  readonly status: "ready" | "down" | "closed";
  /** Ends all tails and lets go of what the log holds. Idempotent. */
  close(): Promise<void>;
}

/** Makes the entry of a draft that has got its id: for the authors of logs. */
export function createEntry(id: string, draft: Draft): Entry {
  const { event, data, end } = draft;
  const wireId = end ? id + END_SUFFIX : id;
  const frame = createFrame(encode(event === undefined ? { id: wireId, data } : { event, id: wireId, data }));
  return { ...draft, id, frame };
}
