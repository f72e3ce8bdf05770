import type { Frame } from "../format/frame.js";
import type { EventStream } from "../stream/event-stream.js";
import type { StreamPort } from "../stream/stream-port.js";
import type { ChannelOptions } from "./channel.js";
import type { Entry, ResetReason } from "./event-log.js";
import type { SharedReads } from "./shared-reads.js";
import type { Place, Window } from "./window.js";

/** What a channel needs of a subscriber. */
export interface Member {
  readonly port: StreamPort;
  readonly stream: EventStream;
  /** The topics that it has subscribed to. `undefined`: all events. */
  readonly topics: ReadonlySet<string> | undefined;
  /** Whether new entries are delivered to it. */
  readonly isLive: boolean;
  /** Delivers the entry with this number. Ignored if the member is not live or already has the entry. */
  deliver(entry: Entry, number: number): void;
  /** Called on a live member when the tail was reset, so that entries are missing. */
  lose(reason: ResetReason): void;
  /** Called once when the window has moved, if the member is in `waiting`. */
  wake(): void;
  /** Reports an error of the channel and closes the stream with it. */
  fail(error: unknown): void;
}

/** What a subscriber needs of its channel. */
export interface SubscriberHost {
  /** Reads the log for all members. */
  readonly reads: SharedReads;
  /** The newest entries. `undefined` until the log is followed. */
  readonly window: Window | undefined;
  /** The members to which new entries are delivered. */
  readonly live: { add(member: Member): void; delete(member: Member): void };
  /** The members whose `wake` is called when the window moves the next time. */
  readonly waiting: { add(member: Member): void };
  /** `true`: a stream is flushed at the end of the turn. `false`: the channel flushes it, after `sent` was called. */
  readonly flushNow: boolean;
  /** The place of a message that the program sends now: after everything that has been published so far. */
  place(): Place;
  /**
   * Whether an entry is being delivered right now that is newer than `handed`, the number of a member's newest entry.
   */
  isDelivering(handed: number): boolean;
  /** Encodes an event of the channel itself. Returns the previous frame of this type if the text is the same. */
  frameOf(event: "reset" | "snapshot" | "heartbeat", id: string, data: unknown): Frame;
  /** Called after something was sent that the channel has to flush. */
  sent(member: Member): void;
  /** Called when the member has unsubscribed, or its stream has closed. */
  left(member: Member): void;
  /** Calls a hook of the app. An error of the hook is reported, and not thrown. */
  callHook(call: (options: ChannelOptions) => unknown): void;
}
