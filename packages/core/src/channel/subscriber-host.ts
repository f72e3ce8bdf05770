import type { Frame } from "../format/frame.js";
import type { EventStream } from "../stream/event-stream.js";
import type { StreamPort } from "../stream/stream-port.js";
import type { ChannelOptions } from "./channel.js";
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
  /** The members that are handed new entries. */
  readonly live: { add(member: Member): void; delete(member: Member): void };
  /** The members whose `wake` is called when the window has moved, once. */
  readonly waiting: { add(member: Member): void };
  /** What is sent leaves at the end of the turn; otherwise the channel flushes. */
  readonly flushNow: boolean;
  /** The place of a message that the program sends now: after all that has been published until now. */
  place(): Place;
  /** Whether an entry is being handed out that a member, with the number of its newest one, has not been handed yet. */
  isDelivering(handed: number): boolean;
  /** An event of the channel's own at a place: the last one of its type again, if it is the same. */
  frameOf(event: "reset" | "snapshot" | "heartbeat", id: string, data: unknown): Frame;
  /** Something was sent that the channel is to flush. */
  sent(member: Member): void;
  /** The member has left, or its stream has closed. */
  left(member: Member): void;
  /** Calls a hook of the app, whose error goes no further. */
  callHook(call: (options: ChannelOptions) => unknown): void;
}
