import { DeferredFrames } from "./deferred-frames.js";
import { dataText, encode } from "../format/encode.js";
import type { Entry, Read, ResetReason } from "./event-log.js";
import { createFrame, type Frame } from "../format/frame.js";
import { END_SUFFIX } from "../format/reserved-ids.js";
import { nextTurn } from "../stream/send-items.js";
import { isThenable } from "../stream/source.js";
import type { PortSubscription, StreamPort } from "../stream/stream-port.js";
import type { SubscriberHost, SubscriberOptions } from "./subscriber-host.js";

const READ_LIMIT = { events: 500, bytes: 64 * 1024 };
const STEPS_PER_TURN = 16;

/**
 * A stream and its cursor in a log. While it is live its cursor is the tail of the channel, which hands it each new
 * entry. When its client does not keep up it is taken out and its cursor stays; it reads on from there when the client
 * has drained, until it is at the tail again. A resume after a reconnect is the same.
 */
export class Subscriber implements PortSubscription {
  readonly port: StreamPort;
  /** The channel's `tailNumber` when this subscriber joined the live ones. */
  joinedAt = 0;
  readonly #host: SubscriberHost;
  readonly #options: SubscriberOptions;
  /** Where it is in the log while it is not live; `undefined`: it has not begun. */
  #cursor: string | undefined;
  #live = false;
  #busy = false;
  #left = false;
  // The id it began after.
  #after: string | undefined;
  // A hole that the client has still to be told of.
  #hole: ResetReason | undefined;
  #lastSentId: string | undefined;
  readonly #deferred = new DeferredFrames();
  #endAt: { at: string | undefined; readonly end: () => void } | undefined;
  #tailMoved: (() => void) | undefined;
  #steps = 0;

  constructor(port: StreamPort, host: SubscriberHost, options: SubscriberOptions) {
    this.port = port;
    this.#host = host;
    this.#options = options;
  }

  // --- what the channel does

  /** Begins after an id, which the client may have seen, at the start of what is kept, or at the tail. */
  start(from: { after: string; seen: boolean } | "start" | "tail"): void {
    if (this.#left) return;
    if (this.#endAt !== undefined) this.#endAt.at = this.#host.tail;
    if (from === "tail") {
      this.#cursor = this.#host.tail!;
      if (this.#options.snapshot === undefined) this.catchUp();
      else void this.#run(() => this.#sendSnapshot());
    } else {
      this.#after = from === "start" ? from : from.after;
      this.#cursor = withoutEnd(this.#after);
      if (from !== "start" && from.seen) this.#lastSentId = this.#cursor;
      this.catchUp();
    }
  }

  get topics(): ReadonlySet<string> | undefined {
    return this.#options.selection.topics;
  }

  /** Whether it is handed new entries. */
  get live(): boolean {
    return this.#live;
  }

  /** Takes an entry that follows `previous`, as a live subscriber. */
  deliver(entry: Entry, previous: string): void {
    if (this.port.congested) {
      this.#cursor = previous;
      this.#setLive(false);
      this.#host.lagging(this);
      this.catchUp();
    } else {
      this.#send(entry);
    }
  }

  /** Reads on until the tail is reached or the client has enough. */
  catchUp(): void {
    void this.#run(() => undefined);
  }

  /** Reports an error of the channel and closes the stream with it, if it is still the channel's. */
  fail(error: unknown): void {
    if (!this.#left) this.port.fail(error);
  }

  /** Forgets the stream, which stays open. */
  leave(): void {
    if (this.#left) return;
    this.release();
    this.port.detach();
    this.closed();
    this.#endAt?.end();
  }

  // --- what the stream asks

  closed(): void {
    if (this.#left) return;
    this.#left = true;
    this.#setLive(false);
    this.#host.left(this);
    this.wake();
  }

  heartbeat(): boolean {
    const { tail } = this.#host;
    if (!this.#live || this.#lastSentId === tail) return false;
    this.#lastSentId = tail;
    this.port.push(this.#host.tailHeartbeat(), tail, true);
    return true;
  }

  defer(frame: Frame): boolean {
    if (this.#live || this.#cursor === undefined || !this.#host.synchronous) return false;
    this.#deferred.add(this.#host.tail!, frame);
    return true;
  }

  deferEnd(end: () => void): boolean {
    if (this.#live) return false;
    this.#endAt = { at: this.#host.tail, end };
    return true;
  }

  release(at?: string): void {
    this.#deferred.release(at, (frame) => this.#push(frame, undefined));
  }

  get cursor(): string | undefined {
    return this.#live ? this.#host.tail : this.#cursor;
  }

  get bufferedBytes(): number {
    return this.#deferred.bytes;
  }

  // --- reading on

  /** Runs one step after another until the subscriber is live, waits for something, or has left. One run at a time. */
  async #run(first: () => Promise<void> | undefined): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      let step = first();
      for (;;) {
        // Not awaited when there is nothing to wait for: with a log that answers at once, joining is synchronous.
        if (step !== undefined) await step;
        if (this.#left || !this.#continue()) return;
        step = this.#step();
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.#busy = false;
    }
  }

  /** Whether to read on; `false` when the subscriber is live, or over. */
  #continue(): boolean {
    const cursor = this.#cursor!;
    if (this.#hole === undefined) this.release(cursor);
    if (cursor !== this.#host.tail && cursor !== this.#endAt?.at) return true;
    this.#announceHole();
    this.release();
    if (this.#left) return false;
    const { tail, lastEntry } = this.#host;
    if (this.#endAt !== undefined) this.#endAt.end();
    else if (cursor !== tail) return true; // a hook has published
    else if (lastEntry === undefined) this.#setLive(true);
    else if (this.#after === cursor + END_SUFFIX) this.port.end(cursor); // the client has that entry
    else this.#send(lastEntry);
    return false;
  }

  #setLive(live: boolean): void {
    this.#live = live;
    this.joinedAt = this.#host.tailNumber;
    this.#host.setLive(this, live);
  }

  #step(): Promise<void> | undefined {
    if (this.port.congested) return this.#breathe();
    if (++this.#steps % STEPS_PER_TURN === 0) return nextTurn(); // there may be much that it does not want
    const recent = this.#host.recent(this.#cursor!);
    if (recent !== undefined) return void this.#take(recent);
    const { tailNumber } = this.#host;
    const read = this.#host.log.read(this.#cursor!, READ_LIMIT);
    return isThenable(read)
      ? Promise.resolve(read).then((result) => this.#apply(result, tailNumber))
      : this.#apply(read, tailNumber);
  }

  /** Waits until the client has taken what it has, and lets others have a turn. */
  async #breathe(): Promise<void> {
    if (await this.port.drained()) await nextTurn();
  }

  /** @param asked the number of the tail when the log was asked. */
  #apply(read: Read, asked: number): Promise<void> | undefined {
    if (this.#left) return undefined;
    if ("reset" in read) return this.#reset(read.reset, read.cursor);
    if (!this.#take(read.entries)) return undefined;
    this.#cursor = read.cursor;
    const moved = read.entries.length > 0 || !read.atTail || asked !== this.#host.tailNumber;
    if (moved || read.cursor === this.#host.tail) return undefined;
    // The log is ahead of its tail for a moment.
    return new Promise((resolve) => {
      this.#host.waitForTail(this);
      this.#tailMoved = resolve;
    });
  }

  /** The tail has moved. */
  wake(): void {
    this.#tailMoved?.();
    this.#tailMoved = undefined;
  }

  /** Sends entries and moves the cursor with each, as far as the client takes them. `false`: it takes no more. */
  #take(entries: readonly Entry[]): boolean {
    if (this.port.congested) return false;
    if (entries.length > 0) this.#announceHole();
    for (const entry of entries) {
      if (this.#left) return false;
      if (this.#options.selection.hasTopicOf(entry)) this.#send(entry);
      if (this.#left) return false;
      this.#cursor = entry.id;
      if (this.#deferred.bytes > 0) this.release(entry.id);
      if (this.#endAt?.at === entry.id || this.port.congested) return false;
    }
    return true;
  }

  #send(entry: Entry): void {
    try {
      // The filter may unsubscribe.
      if (!this.#options.selection.passes(entry) || this.#left) return;
    } catch (error) {
      return this.fail(error);
    }
    this.#lastSentId = entry.id;
    this.#push(entry.frame, entry.id);
    if (!entry.end) return;
    this.#deferred.clear(); // what was sent after the end of the channel
    this.port.end();
  }

  #push(frame: Frame, id: string | undefined): void {
    this.port.push(frame, id, this.#host.flushNow);
    if (!this.#host.flushNow) this.#host.pushed(this);
  }

  // --- holes

  /** Goes on at the state of now, or at what is still kept. */
  #reset(reason: ResetReason, oldest: string): Promise<void> | undefined {
    if (this.#after === "start" && this.#lastSentId === undefined) {
      this.#cursor = oldest; // it has seen nothing yet: the start is now there
      return undefined;
    }
    // The client is told when it is known where the hole ends: what is kept now may be gone before it is read.
    this.#hole ??= reason;
    if (this.#options.snapshot === undefined) {
      this.#cursor = oldest;
      return undefined;
    }
    this.#announceHole();
    return this.#left ? undefined : this.#sendSnapshot();
  }

  #announceHole(): void {
    const reason = this.#hole;
    if (reason === undefined) return;
    this.#hole = undefined;
    if (this.#options.snapshot !== undefined) this.#cursor = this.#host.tail!;
    this.#sendOwn("reset", JSON.stringify({ reason }));
    this.#host.reset(this, reason);
    this.release(); // what the program sent between events that are gone has no place of its own any more
  }

  /** The state at the cursor: what is published after it follows. */
  #sendSnapshot(): Promise<void> | undefined {
    const state = this.#options.snapshot!();
    if (isThenable(state)) return Promise.resolve(state).then((data) => this.#sendState(data));
    this.#sendState(state);
    return undefined;
  }

  #sendState(data: unknown): void {
    if (!this.#left && data !== undefined) this.#sendOwn("snapshot", dataText(data, this.#host.serialize));
  }

  #sendOwn(event: string, data: string): void {
    const id = this.#cursor!;
    this.#lastSentId = id;
    this.#push(createFrame(encode({ event, id, data })), id);
  }
}

/** What comes after the last event of a log is asked for by its place. */
function withoutEnd(id: string): string {
  return id.endsWith(END_SUFFIX) ? id.slice(0, -END_SUFFIX.length) : id;
}
