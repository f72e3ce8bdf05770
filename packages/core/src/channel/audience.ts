import { encode } from "../format/encode.js";
import { createFrame, type Frame } from "../format/frame.js";
import { callSafely } from "../stream/hooks.js";
import { isThenable } from "../stream/source.js";
import type { ChannelOptions, ChannelStage } from "./channel.js";
import type { Entry, EventLog, News, ResetReason, Tail } from "./event-log.js";
import { compareIds } from "./ids.js";
import { LiveMembers } from "./live-members.js";
import type { Member, SubscriberHost } from "./subscriber-host.js";
import { Window, type Place } from "./window.js";

/** Tells of an error that no caller can be told of. */
export type Report = (error: unknown, stage: ChannelStage) => void;

/** How the log is followed: from the first member to the last. */
interface Following {
  /** What is told before the window is there. */
  readonly early: News[];
  window?: Window;
  tail?: Tail;
  pending?: Promise<void>;
}

/** The subscribers of a channel on this node: follows the tail of the log, once for all of them. */
export class Audience implements SubscriberHost {
  readonly log: EventLog;
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
  // Numbers go on from window to window: a member that joins while an entry of the last one is handed out has it.
  #nextNumber = 0;
  // An entry that is being handed out.
  #delivering = false;
  // The newest id that this channel was given for a message, unless the window has reached it.
  #published: string | undefined;
  // Of the messages that are sent before the log is followed.
  #early: Place | undefined;
  // The last event of each type that the channel has sent itself.
  readonly #frames = new Map<string, { readonly text: string; readonly frame: Frame }>();

  constructor(log: EventLog, options: ChannelOptions, report: Report, onEmpty: () => void) {
    this.log = log;
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

  /** Settles when the log is followed, or cannot be; `undefined`: it is, or nobody has asked for it. */
  get following(): Promise<void> | undefined {
    return this.#following?.pending;
  }

  get flushNow(): boolean {
    return this.#options.flushInterval === undefined;
  }

  /** Takes a member in, and starts it when the log is followed. */
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

  /** A message that this channel has published has been given its id. */
  published(id: string): void {
    this.hasPublished = true;
    const before = this.#published;
    const order = before === undefined ? 1 : compareIds(id, before);
    if (order === undefined || order > 0) this.#published = id;
    if (order !== undefined || this.window === undefined) return;
    // The log is another one, and this node may never have heard of the one before.
    this.window.supersede(before!);
    this.#wake();
  }

  // --- following

  /** Follows the log. A failure is that of the members that wait for it; the next one tries again. */
  #follow(): Promise<void> | undefined {
    if (this.#following !== undefined) return this.#following.pending;
    const following: Following = { early: [] };
    const tail = this.log.tail((news) => this.#hear(following, news));
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
    if (this.#following !== following) return tail.stop(); // all have left meanwhile
    delete following.pending;
    following.tail = tail;
    following.window = new Window(tail.cursor, tail.end, this.#nextNumber, synchronous, this.#published);
    if (this.#early !== undefined) following.window.await(this.#early);
    this.#early = undefined;
    for (const news of following.early.splice(0)) this.#hear(following, news);
  }

  #stop(): void {
    const following = this.#following;
    this.#following = this.#early = undefined;
    this.#nextNumber = (following?.window?.head ?? this.#nextNumber) + 1;
    this.#frames.clear();
    following?.tail?.stop();
  }

  #hear(following: Following, news: News): void {
    const { window } = following;
    if (window === undefined) return void following.early.push(news);
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
    this.#delivering = true;
    // The end is for everybody. Those that are not live take no entry.
    if (entry.end) for (const member of [...this.#members]) member.deliver(entry, number);
    else if (!entry.control) this.live.deliver(entry, number);
    this.#delivering = false;
    this.#wake();
  }

  /** The tail goes on elsewhere: all that were live have lost something. */
  #break(window: Window, reason: ResetReason, cursor: string): void {
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
    if (window === undefined) return (this.#early ??= { id: this.#published ?? "", number: Infinity });
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

  /** Counts a member for each of its topics. */
  #count({ topics }: Member, change: 1 | -1): void {
    for (const topic of topics ?? []) {
      const count = (this.topics.get(topic) ?? 0) + change;
      if (count > 0) this.topics.set(topic, count);
      else this.topics.delete(topic);
    }
  }
}
