import type { ChannelOptions } from "./channel.js";
import { encode } from "../format/encode.js";
import type { Entry, EventLog, ResetReason, Tail } from "./event-log.js";
import type { EventStream } from "../stream/event-stream.js";
import { createFrame, type Frame } from "../format/frame.js";
import { callSafely } from "../stream/hooks.js";
import { RecentEntries } from "./recent-entries.js";
import { isThenable } from "../stream/source.js";
import type { Subscriber } from "./subscriber.js";
import type { SubscriberHost } from "./subscriber-host.js";

/** The subscribers of a channel on this node: follows the tail of the log, once for all of them. */
export class Audience implements SubscriberHost {
  readonly log: EventLog;
  tail: string | undefined;
  tailNumber = 0;
  lastEntry: Entry | undefined;
  synchronous = false;
  readonly topics = new Map<string, number>();
  /** When the last one left, in milliseconds of `performance.now()`. */
  leftAt = 0;
  readonly #options: ChannelOptions;
  readonly #report: (error: unknown) => void;
  readonly #streams = new Map<Subscriber, EventStream>();
  // The live ones: those that want all topics, and the others by topic.
  readonly #live = new Set<Subscriber>();
  readonly #liveByTopic = new Map<string, Set<Subscriber>>();
  readonly #waiting = new Set<Subscriber>();
  readonly #unflushed = new Set<Subscriber>();
  #received: Entry[] = [];
  #dispatching = false;
  #closed = false;
  #following: Promise<void> | undefined;
  #stop: (() => void) | undefined;
  #recent: RecentEntries | undefined;
  #heartbeat: Frame | undefined;
  #flushTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(log: EventLog, options: ChannelOptions, report: (error: unknown) => void) {
    this.log = log;
    this.#options = options;
    this.#report = report;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Settles when the log is followed, or cannot be; `undefined`: it is, or nobody has asked for it. */
  get following(): Promise<void> | undefined {
    return this.tail === undefined ? this.#following : undefined;
  }

  get serialize(): ChannelOptions["serialize"] {
    return this.#options.serialize;
  }

  get flushNow(): boolean {
    return this.#options.flushInterval === undefined;
  }

  /** Takes a subscriber in, and starts it when the log is followed. */
  join(subscriber: Subscriber, stream: EventStream, start: () => void): void {
    this.#streams.set(subscriber, stream);
    for (const topic of subscriber.topics ?? []) this.topics.set(topic, (this.topics.get(topic) ?? 0) + 1);
    this.#hook(() => this.#options.onSubscribe?.(stream));
    let following: Promise<void> | undefined;
    try {
      following = this.#follow();
    } catch (error) {
      return subscriber.fail(error);
    }
    if (following === undefined) start();
    else following.then(start, (error: unknown) => subscriber.fail(error));
  }

  /** Closes all streams. */
  close(): void {
    this.#closed = true;
    for (const subscriber of [...this.#streams.keys()]) subscriber.port.close();
    this.#stop?.();
    clearTimeout(this.#flushTimer);
  }

  // --- the tail

  /** Follows the log. A failure is that of the subscribers that wait for it; the next one tries again. */
  #follow(): Promise<void> | undefined {
    if (this.tail !== undefined) return undefined;
    if (this.#following !== undefined) return this.#following;
    const tail = this.log.tail((entries) => this.#receive(entries));
    if (!isThenable(tail)) {
      this.synchronous = true;
      this.#followed(tail);
      return undefined;
    }
    this.#following = Promise.resolve(tail).then((followed) => {
      this.#recent = new RecentEntries(followed.cursor);
      this.#followed(followed);
    });
    this.#following.catch(() => (this.#following = undefined));
    return this.#following;
  }

  #followed(tail: Tail): void {
    if (this.#closed) return tail.stop();
    this.tail = tail.cursor;
    this.lastEntry = tail.end;
    this.#stop = () => tail.stop();
    this.#receive([]);
  }

  /** Hands entries on in their order, also those that are published while others are handed on. */
  #receive(entries: readonly Entry[]): void {
    for (const entry of entries) this.#received.push(entry);
    if (this.#dispatching || this.tail === undefined) return;
    this.#dispatching = true;
    for (const entry of this.#received) this.#dispatch(entry); // also those that are added meanwhile
    this.#received = [];
    this.#dispatching = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const subscriber of waiting) subscriber.wake();
  }

  #dispatch(entry: Entry): void {
    const previous = this.tail!;
    const number = ++this.tailNumber;
    this.tail = entry.id;
    this.#heartbeat = undefined;
    this.#recent?.push(entry);
    if (entry.end) this.lastEntry = entry;
    const deliver = (subscribers: Iterable<Subscriber>): void => {
      for (const subscriber of subscribers)
        if (subscriber.joinedAt < number) subscriber.deliver(entry, previous);
    };
    if (entry.end) return deliver([...this.#streams.keys()].filter((subscriber) => subscriber.live));
    deliver(this.#live);
    if (entry.topic !== undefined) deliver(this.#liveByTopic.get(entry.topic) ?? []);
  }

  // --- what subscribers need

  recent(id: string): readonly Entry[] | undefined {
    return this.#recent?.after(id);
  }

  tailHeartbeat(): Frame {
    return (this.#heartbeat ??= createFrame(encode({ event: "heartbeat", id: this.tail!, data: "" })));
  }

  setLive(subscriber: Subscriber, live: boolean): void {
    if (subscriber.topics === undefined) {
      if (live) this.#live.add(subscriber);
      else this.#live.delete(subscriber);
      return;
    }
    for (const topic of subscriber.topics) {
      const subscribers = this.#liveByTopic.get(topic);
      if (!live) {
        subscribers?.delete(subscriber);
        if (subscribers?.size === 0) this.#liveByTopic.delete(topic);
      } else if (subscribers !== undefined) subscribers.add(subscriber);
      else this.#liveByTopic.set(topic, new Set([subscriber]));
    }
  }

  waitForTail(subscriber: Subscriber): void {
    this.#waiting.add(subscriber);
  }

  pushed(subscriber: Subscriber): void {
    this.#unflushed.add(subscriber);
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      for (const one of this.#unflushed) one.port.flush();
      this.#unflushed.clear();
    }, this.#options.flushInterval);
  }

  left(subscriber: Subscriber): void {
    const stream = this.#streams.get(subscriber)!;
    this.#streams.delete(subscriber);
    this.leftAt = performance.now();
    this.#waiting.delete(subscriber);
    if (this.#unflushed.delete(subscriber)) subscriber.port.flush();
    for (const topic of subscriber.topics ?? []) {
      const count = this.topics.get(topic)! - 1;
      if (count > 0) this.topics.set(topic, count);
      else this.topics.delete(topic);
    }
    this.#hook(() => this.#options.onUnsubscribe?.(stream));
  }

  lagging(subscriber: Subscriber): void {
    this.#hook(() => this.#options.onLag?.(this.#streams.get(subscriber)!));
  }

  reset(subscriber: Subscriber, reason: ResetReason): void {
    this.#hook(() => this.#options.onReset?.(this.#streams.get(subscriber)!, reason));
  }

  #hook(call: () => unknown): void {
    callSafely(call, this.#report);
  }
}
