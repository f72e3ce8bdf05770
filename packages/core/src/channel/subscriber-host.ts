import type { Frame } from "../format/frame.js";
import type { EventStream } from "../stream/event-stream.js";
import type { StreamPort } from "../stream/stream-port.js";
import type { Entry, EventLog, ResetReason } from "./event-log.js";
import type { Place, Window } from "./window.js";

/** A subscriber, as its channel sees it. */
export interface Member {
  readonly port: StreamPort;
  readonly stream: EventStream;
  /** The topics it names; `undefined`: it sees all events. */
  readonly topics: ReadonlySet<string> | undefined;
  /** Whether it is handed new entries. */
  readonly isLive: boolean;
  /** Takes the entry with this number, as a live member. */
  deliver(entry: Entry, number: number): void;
  /** Hears that the tail does not go on where it was, as a live member. */
  lose(reason: ResetReason): void;
  /** The window has moved, which it waited for. */
  wake(): void;
  /** Reports an error of the channel and closes the stream with it. */
  fail(error: unknown): void;
}

/** What a subscriber needs of its channel. */
export interface SubscriberHost {
  readonly log: EventLog;
  /** The newest entries; `undefined` until the log is followed. */
  readonly window: Window | undefined;
  /** What is sent leaves at the end of the turn; otherwise the channel flushes. */
  readonly flushNow: boolean;
  /** The place of a message that the program sends now: after all that has been published until now. */
  place(): Place;
  /** Whether an entry is being handed out that a member, with the number of its newest one, has not been handed yet. */
  isDelivering(handed: number): boolean;
  /** The event `reset` at a place. */
  resetFrame(id: string, reason: ResetReason): Frame;
  /** The event `snapshot` at a place. The same state at the same place is one frame. */
  snapshotFrame(id: string, state: unknown): Frame;
  /** The heartbeat that carries the newest place. */
  heartbeatFrame(): Frame;
  /** Puts the member among the live ones, or takes it out. */
  setLive(member: Member, live: boolean): void;
  /** Calls `wake` when the window has moved. */
  waitForTail(member: Member): void;
  /** Something was sent that the channel is to flush. */
  sent(member: Member): void;
  /** The member has left, or its stream has closed. */
  left(member: Member): void;
  /** Its client does not keep up. */
  lagging(member: Member): void;
  /** Its client has been told of a hole. */
  told(member: Member, reason: ResetReason): void;
}
