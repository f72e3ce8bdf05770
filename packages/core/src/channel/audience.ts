import { dataText, encode } from "../format/encode.js";
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
  readonly #members = new Set<Member>();
  readonly #live = new LiveMembers();
  #waiting = new Set<Member>();
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
  #heartbeat: { readonly id: string; readonly frame: Frame } | undefined;
  #snapshot: { readonly id: string; readonly text: string; readonly frame: Frame } | undefined;

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
    for (const topic of member.topics ?? []) this.topics.set(topic, (this.topics.get(topic) ?? 0) + 1);
    this.#hook(() => this.#options.onSubscribe?.(member.stream));
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
    following.window = new Window(tail.cursor, tail.end, this.#nextNumber, synchronous);
    if (this.#early !== undefined) following.window.await(this.#early);
    this.#early = undefined;
    for (const news of following.early.splice(0)) this.#hear(following, news);
  }

  #stop(): void {
    const following = this.#following;
    this.#following = undefined;
    this.#nextNumber = (following?.window?.head ?? this.#nextNumber) + 1;
    this.#snapshot = this.#heartbeat = undefined;
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
    if (!entry.control) this.#live.deliver(entry, number);
    this.#delivering = false;
    this.#wake();
  }

  /** The tail goes on elsewhere: all that were live have lost something. */
  #break(window: Window, reason: ResetReason, cursor: string): void {
    window.break(cursor);
    for (const member of this.#live.list()) member.lose(reason);
    this.#wake();
  }

  #wake(): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const member of waiting) member.wake();
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

  heartbeatFrame(): Frame {
    const id = this.window!.cursor;
    if (this.#heartbeat?.id !== id) {
      this.#heartbeat = { id, frame: createFrame(encode({ event: "heartbeat", id, data: "" })) };
    }
    return this.#heartbeat.frame;
  }

  resetFrame(id: string, reason: ResetReason): Frame {
    return createFrame(encode({ event: "reset", id, data: JSON.stringify({ reason }) }));
  }

  snapshotFrame(id: string, state: unknown): Frame {
    const text = dataText(state, this.#options.serialize);
    if (this.#snapshot?.id !== id || this.#snapshot.text !== text) {
      this.#snapshot = { id, text, frame: createFrame(encode({ event: "snapshot", id, data: text })) };
    }
    return this.#snapshot.frame;
  }

  setLive(member: Member, live: boolean): void {
    if (live) this.#live.add(member);
    else this.#live.delete(member);
  }

  waitForTail(member: Member): void {
    this.#waiting.add(member);
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
    this.#waiting.delete(member);
    if (this.#unflushed.delete(member)) member.port.flush();
    for (const topic of member.topics ?? []) {
      const count = this.topics.get(topic)! - 1;
      if (count > 0) this.topics.set(topic, count);
      else this.topics.delete(topic);
    }
    this.#hook(() => this.#options.onUnsubscribe?.(member.stream));
    if (this.#members.size > 0) return;
    this.#stop();
    if (!this.#closed) this.#onEmpty();
  }

  lagging(member: Member): void {
    this.#hook(() => this.#options.onLag?.(member.stream));
  }

  told(member: Member, reason: ResetReason): void {
    this.#hook(() => this.#options.onReset?.(member.stream, reason));
  }

  #hook(call: () => unknown): void {
    callSafely(call, (error) => this.#report(error, "hook"));
  }
}
