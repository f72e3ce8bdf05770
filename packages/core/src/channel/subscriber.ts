import type { Frame } from "../format/frame.js";
import { END_SUFFIX } from "../format/reserved-ids.js";
import type { EventStream } from "../stream/event-stream.js";
import type { PortSubscription, StreamPort } from "../stream/stream-port.js";
import { turnBudget } from "../stream/turn-budget.js";
import { CatchUp, type Follower, type Start } from "./catch-up.js";
import type { Entry, ResetReason } from "./event-log.js";
import type { Selection } from "./selection.js";
import type { Member, SubscriberHost } from "./subscriber-host.js";

/**
 * A stream and its cursor in a log. While it is live, its cursor is the tail of the channel, which hands it each new
 * entry. Otherwise it has a `CatchUp`: before it begins, while its client does not keep up, after a hole, and while a
 * message of the program waits for events that were published before it.
 */
export class Subscriber implements Member, Follower, PortSubscription {
  readonly port: StreamPort;
  readonly stream: EventStream;
  readonly snapshot: (() => unknown) | undefined;
  hasLeft = false;
  readonly #selection: Selection;
  readonly #host: SubscriberHost;
  #catchUp: CatchUp | undefined;
  // The numbers of the newest entry that it was handed, and of the newest place that its client knows.
  #number = -1;
  #sentNumber = -1;
  #taking = false;
  // The id that the client came with.
  #clientId: string | undefined;

  constructor(
    stream: EventStream,
    port: StreamPort,
    host: SubscriberHost,
    selection: Selection,
    snapshot: (() => unknown) | undefined,
  ) {
    this.stream = stream;
    this.port = port;
    this.#host = host;
    this.#selection = selection;
    this.snapshot = snapshot;
    this.#catchUp = new CatchUp(this, host);
  }

  /** Begins after an id, which the client has seen or the program names, at the start, or at the tail. */
  start(from: Start | "tail", clientId: string | undefined): void {
    const window = this.#host.window;
    if (this.hasLeft || window === undefined) return;
    this.#clientId = clientId;
    const start =
      from === "tail"
        ? { after: window.cursor, number: window.head }
        : typeof from === "string"
          ? from
          : { after: withoutEnd(from.after) };
    this.#catchUp!.begin(window, start, { snapshot: from === "tail" });
    this.#catchUp!.advance();
  }

  get topics(): ReadonlySet<string> | undefined {
    return this.#selection.topics;
  }

  get isLive(): boolean {
    return this.#catchUp === undefined;
  }

  // --- live

  deliver(entry: Entry, number: number): void {
    if (number <= this.#number || !this.isLive) return; // it has joined in the middle of this delivery
    const lags = this.port.isCongested;
    if (lags || (this.#selection.hasFilter && !this.port.ownTimer && turnBudget().isSpent)) {
      this.#leaveTail(number - 1);
      if (lags) this.#host.lagging(this);
      this.#catchUp!.advance();
      return;
    }
    this.#number = number;
    this.#taking = true;
    this.#pass(entry);
    this.#taking = false;
    this.#catchUp?.advance(); // the filter has sent something, which follows
  }

  lose(reason: ResetReason): void {
    this.#leaveTail(this.#host.window!.head, reason);
    this.#catchUp!.advance();
  }

  wake(): void {
    this.#catchUp?.advance();
  }

  fail(error: unknown): void {
    if (!this.hasLeft) this.port.fail(error);
  }

  /** Is no longer live, and reads on after the place with this number. */
  #leaveTail(number: number, hole?: ResetReason): void {
    const window = this.#host.window!;
    this.#host.setLive(this, false);
    this.#catchUp = new CatchUp(this, this.#host);
    this.#catchUp.begin(window, { after: window.idOf(number)!, number }, { hole });
  }

  // --- what catching up does

  take(entry: Entry): void {
    if (this.#selection.hasTopicOf(entry)) this.#pass(entry);
  }

  #pass(entry: Entry): void {
    if (entry.control) return;
    if (entry.end) return this.#finishWith(entry);
    try {
      // The filter may unsubscribe.
      if (!this.#selection.passes(entry) || this.hasLeft) return;
    } catch (error) {
      return this.fail(error);
    }
    this.sendFrame(entry.frame, entry.id);
  }

  takeEnd(end: Entry): void {
    if (this.#clientId === end.id + END_SUFFIX) this.port.finishAt(end.id);
    else this.#finishWith(end);
  }

  #finishWith(end: Entry): void {
    this.#catchUp?.own.clear(); // what was sent after the end of the channel
    this.sendFrame(end.frame, end.id);
    this.port.finish();
  }

  sendFrame(frame: Frame, id: string | undefined): void {
    const { window, flushNow } = this.#host;
    if (id !== undefined && window !== undefined && id === window.cursor) this.#sentNumber = window.head;
    this.port.sendFrame(frame, id, flushNow);
    if (!flushNow) this.#host.sent(this);
  }

  caughtUp(): void {
    const window = this.#host.window!;
    this.#catchUp = undefined;
    this.#number = window.head;
    if (this.#clientId === window.cursor) this.#sentNumber = window.head;
    this.#host.setLive(this, true);
  }

  told(reason: ResetReason): void {
    this.#host.told(this, reason);
  }

  waitForTail(): void {
    this.#host.waitForTail(this);
  }

  // --- what the stream asks

  streamClosed(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    if (this.isLive) this.#host.setLive(this, false);
    this.#host.left(this);
  }

  /** Forgets the stream, which stays open. */
  leave(): void {
    if (this.hasLeft) return;
    const own = this.#catchUp?.own;
    this.release();
    this.port.detach();
    this.streamClosed();
    own?.endNow();
  }

  heartbeat(): boolean {
    const window = this.#host.window;
    if (!this.isLive || window === undefined || !this.#selection.isSelective) return false;
    if (this.#sentNumber >= window.visible) return false;
    this.#sentNumber = window.head;
    this.port.sendFrame(this.#host.heartbeatFrame(), window.cursor, true);
    return true;
  }

  defer(frame: Frame): boolean {
    if (this.#hasAll()) return false;
    this.#catchUpForOwn().own.add(this.#host.place(), frame);
    if (!this.#taking) this.#catchUp!.advance();
    return true;
  }

  deferEnd(end: () => void): boolean {
    if (this.#hasAll()) return false;
    this.#catchUpForOwn().own.endAt(this.#host.place(), end);
    if (!this.#taking) this.#catchUp!.advance();
    return true;
  }

  /** Whether a message that the program sends now has nothing to wait for. */
  #hasAll(): boolean {
    if (!this.isLive || this.#taking) return false;
    const window = this.#host.window!;
    return this.#host.place().number === window.head && !this.#host.isDelivering(this.#number);
  }

  #catchUpForOwn(): CatchUp {
    if (this.#catchUp === undefined) {
      const { head } = this.#host.window!;
      this.#leaveTail(this.#host.isDelivering(this.#number) ? head - 1 : head);
    }
    return this.#catchUp!;
  }

  skipSnapshot(): void {
    this.#catchUp?.skipSnapshot();
  }

  release(): void {
    this.#catchUp?.own.release((frame) => this.sendFrame(frame, undefined));
  }

  released(): Promise<void> | undefined {
    return this.#catchUp?.own.released();
  }

  get cursor(): string | undefined {
    return this.#catchUp === undefined ? this.#host.window?.cursor : this.#catchUp.id;
  }

  get bufferedBytes(): number {
    return this.#catchUp?.own.bytes ?? 0;
  }
}

/** What comes after the last event of a log is asked for by its place. */
function withoutEnd(id: string): string {
  return id.endsWith(END_SUFFIX) ? id.slice(0, -END_SUFFIX.length) : id;
}
