import type { Serialize } from "../format/encode.js";
import type { Entry, EventLog, ResetReason } from "./event-log.js";
import type { Frame } from "../format/frame.js";
import type { Selection } from "./selection.js";
import type { Subscriber } from "./subscriber.js";

/** What a subscriber needs of its channel. */
export interface SubscriberHost {
  readonly log: EventLog;
  /** The position up to which live subscribers have been served; `undefined` until the log is followed. */
  readonly tail: string | undefined;
  /** Number of the entry that is at the tail: one that joins the live ones has seen that entry. */
  readonly tailNumber: number;
  /** The entry that ended the log, if it has ended. It is at the tail. */
  readonly lastEntry: Entry | undefined;
  /** The log answers at once, so the order of the program's calls can be kept. */
  readonly synchronous: boolean;
  /** What is sent in one turn leaves in that turn; otherwise the channel flushes. */
  readonly flushNow: boolean;
  /** Makes text of a snapshot, as of what is published. */
  readonly serialize: Serialize | undefined;
  /** Entries after an id, if the channel still has them. */
  recent(id: string): readonly Entry[] | undefined;
  /** The heartbeat that carries the cursor of the tail, made once for all. */
  tailHeartbeat(): Frame;
  /** Puts the subscriber among the live ones, or takes it out. */
  setLive(subscriber: Subscriber, live: boolean): void;
  /** Calls `wake` when the tail has moved. */
  waitForTail(subscriber: Subscriber): void;
  /** Something was pushed that the channel is to flush. */
  pushed(subscriber: Subscriber): void;
  /** The subscriber has gone, or its stream. */
  left(subscriber: Subscriber): void;
  /** Its client does not keep up. */
  lagging(subscriber: Subscriber): void;
  /** Its client has been told of a hole. */
  reset(subscriber: Subscriber, reason: ResetReason): void;
}

/** What a subscriber wants to see. */
export interface SubscriberOptions {
  readonly selection: Selection;
  readonly snapshot: (() => unknown) | undefined;
}
