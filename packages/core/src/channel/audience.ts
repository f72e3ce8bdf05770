import { encode } from "../format/encode.js";
import { createFrame, type Frame } from "../format/frame.js";
import { callSafely } from "../stream/hooks.js";
import { isThenable } from "../stream/source.js";
import type { ChannelOptions, ChannelStage } from "./channel.js";
import type { Entry, EventLog, News, ResetReason, Tail } from "./event-log.js";
import { compareIds } from "./ids.js";
import { LiveMembers } from "./live-members.js";
import { SharedReads } from "./shared-reads.js";
import type { Member, SubscriberHost } from "./subscriber-host.js";
import { Window, type Place } from "./window.js";

/** Reports an error to `onError` of the channel, because no caller can receive it. */
export type Report = (error: unknown, stage: ChannelStage) => void;

/** One period of following the log: it begins with the first member and ends when the last member leaves. */
interface Following {
  /** News that arrived before the window was created. */
  readonly earlyNews: News[];
  window?: Window;
  tail?: Tail;
  pending?: Promise<void>;
}

/** The subscribers of a channel on this node. They share one tail of the log. */
export class Audience implements SubscriberHost {
  readonly reads: SharedReads;
  readonly #log: EventLog;
  /** The number of members of each topic. */
  readonly topics = new Map<string, number>();
  /** Whether a message has been published here. */
  hasPublished = false;
  readonly #options: ChannelOptions;
  readonly #report: Report;
  readonly #onEmpty: () => void;
  readonly live = new LiveMembers();
  readonly waiting = new Set<Member>();
  readonly #members = new Set<Member>();
  readonly #unflushed = new Set<Member>();
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #following: Following | undefined;
  #closed = false;
  // A new window continues the numbers of the window before. Otherwise a member that joins during a delivery of the old
  // window could take an entry a second time.
  #nextNumber = 0;
  // Whether an entry is being delivered to the members right now.
  #delivering = false;
  // The newest id that the log has given to a message of this channel. `undefined` once the window has reached it.
  #published: string | undefined;
  // The place of the program's own messages that are sent before the window is created.
  #earlyPlace: Place | undefined;
  // The last reset, snapshot and heartbeat. Their frames are shared by all members that get the same text.
  readonly #frames = new Map<string, { readonly text: string; readonly frame: Frame }>();

  constructor(log: EventLog, options: ChannelOptions, report: Report, onEmpty: () => void) {
    this.#log = log;
    this.reads = new SharedReads(log);
    this.#options = options;
    this.#report = report;
    this.#onEmpty = onEmpty;
  }

  get size(): number {
    return this.#members.size;
  }

  get window(): Window | undefined {
    return this.#following?.window;
  }

  /** Settles when following the log has begun or failed. `undefined`: it has begun, or there is no member. */
  get following(): Promise<void> | undefined {
    return this.#following?.pending;
  }

  get flushNow(): boolean {
    return this.#options.flushInterval === undefined;
  }

  /** Adds a member, and calls `start` as soon as the log is followed. */
  join(member: Member, start: () => void): void {
    this.#members.add(member);
    this.#count(member, 1);
    this.callHook((options) => options.onSubscribe?.(member.stream));
    let following: Promise<void> | undefined;
    try {
      following = this.#follow();
    } catch (error) {
      return member.fail(error);
    }
    if (following === undefined) start();
    else following.then(start, (error: unknown) => member.fail(error));
  }

  /** Closes all streams. */
  close(): void {
    this.#closed = true;
    for (const member of [...this.#members]) member.port.close();
    this.#stop();
    clearTimeout(this.#flushTimer);
  }

  /** To be called when the log has stored a message of this channel under this id. */
  published(id: string): void {
    this.hasPublished = true;
    const before = this.#published;
    const order = before === undefined ? 1 : compareIds(id, before);
    if (order === undefined || order > 0) this.#published = id;
    if (order !== undefined || this.window === undefined) return;
    // The log was replaced. This node may never have received an entry of the log before it.
    this.window.supersede(before!);
    this.#wake();
  }

  // --- following

  /** Begins to follow the log. If this fails, it fails the members that wait for it. The next member tries again. */
  #follow(): Promise<void> | undefined {
    if (this.#following !== undefined) return this.#following.pending;
    const following: Following = { earlyNews: [] };
    const tail = this.#log.tail((news) => this.#hear(following, news));
    this.#following = following;
    if (!isThenable(tail)) {
      this.#followed(following, tail, true);
      return undefined;
    }
    following.pending = Promise.resolve(tail).then(
      (answered) => this.#followed(following, answered, false),
      (error: unknown) => {
        if (this.#following === following) this.#following = undefined;
        throw error;
      },
    );
    following.pending.catch(() => {});
    return following.pending;
  }

  #followed(following: Following, tail: Tail, synchronous: boolean): void {
    if (this.#following !== following) return tail.stop(); // all members have left meanwhile
    delete following.pending;
    following.tail = tail;
    following.window = new Window(tail.cursor, tail.end, this.#nextNumber, synchronous, this.#published);
    if (this.#earlyPlace !== undefined) following.window.await(this.#earlyPlace);
    this.#earlyPlace = undefined;
    for (const news of following.earlyNews.splice(0)) this.#hear(following, news);
  }

  #stop(): void {
    const following = this.#following;
    this.#following = this.#earlyPlace = undefined;
    this.#nextNumber = (following?.window?.head ?? this.#nextNumber) + 1;
    this.#frames.clear();
    this.reads.clear();
    following?.tail?.stop();
  }

  #hear(following: Following, news: News): void {
    const { window } = following;
    if (window === undefined) return void following.earlyNews.push(news);
    if ("status" in news) {
      if (news.status === "down") this.#report(news.error ?? new Error("The log is down"), "tail");
    } else if ("reset" in news) {
      this.#break(window, news.reset, news.cursor);
    } else {
      for (const entry of news.entries) {
        if (this.#following !== following) return; // the last member has left
        this.#deliver(window, entry);
      }
    }
  }

  #deliver(window: Window, entry: Entry): void {
    const number = window.push(entry);
    this.reads.stored();
    this.#delivering = true;
    // Every member gets the end, whatever its topics. `deliver` ignores the call if the member is not live.
    if (entry.end) for (const member of [...this.#members]) member.deliver(entry, number);
    else if (!entry.control) this.live.deliver(entry, number);
    this.#delivering = false;
    this.#wake();
  }

  /** Handles a reset of the tail: every live member has lost entries. */
  #break(window: Window, reason: ResetReason, cursor: string): void {
    this.reads.clear();
    window.break(cursor);
    for (const member of [...this.#members].filter(({ isLive }) => isLive)) member.lose(reason);
    this.#wake();
  }

  #wake(): void {
    if (this.waiting.size === 0) return;
    const members = [...this.waiting];
    this.waiting.clear();
    for (const member of members) member.wake();
  }

  // --- what members need

  place(): Place {
    const { window } = this;
    if (window === undefined) return (this.#earlyPlace ??= { id: this.#published ?? "", number: Infinity });
    const place = window.place(this.#published);
    if (place.number !== Infinity) this.#published = undefined;
    return place;
  }

  isDelivering(handed: number): boolean {
    return this.#delivering && handed < this.window!.head;
  }

  frameOf(event: string, id: string, data: unknown): Frame {
    const text = encode({ event, id, data }, this.#options);
    let last = this.#frames.get(event);
    if (last?.text !== text) this.#frames.set(event, (last = { text, frame: createFrame(text) }));
    return last.frame;
  }

  sent(member: Member): void {
    this.#unflushed.add(member);
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      for (const one of this.#unflushed) one.port.flush();
      this.#unflushed.clear();
    }, this.#options.flushInterval);
  }

  left(member: Member): void {
    this.#members.delete(member);
    this.waiting.delete(member);
    if (this.#unflushed.delete(member)) member.port.flush();
    this.#count(member, -1);
    this.callHook((options) => options.onUnsubscribe?.(member.stream));
    if (this.#members.size > 0) return;
    this.#stop();
    if (!this.#closed) this.#onEmpty();
  }

  callHook(call: (options: ChannelOptions) => unknown): void {
    callSafely(
      () => call(this.#options),
      (error) => this.#report(error, "hook"),
    );
  }

  /** Adds 1 or -1 to the count of each topic of a member. */
  #count({ topics }: Member, change: 1 | -1): void {
    for (const topic of topics ?? []) {
      const count = (this.topics.get(topic) ?? 0) + change;
      if (count > 0) this.topics.set(topic, count);
      else this.topics.delete(topic);
    }
  }
}
