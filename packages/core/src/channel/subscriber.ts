import type { Frame } from "../format/frame.js";
import { END_SUFFIX } from "../format/reserved-ids.js";
import type { EventStream } from "../stream/event-stream.js";
import type { PortSubscription, StreamPort } from "../stream/stream-port.js";
import { turnBudget } from "../stream/turn-budget.js";
import { CatchUp, type Follower, type Start } from "./catch-up.js";
import type { Entry, ResetReason } from "./event-log.js";
import { EVERYTHING, type Selection } from "./selection.js";
import type { OwnMessages } from "./own-messages.js";
import type { Member, SubscriberHost } from "./subscriber-host.js";
import type { Place } from "./window.js";

/**
 * A stream and its cursor in a log. A live subscriber is at the tail, and the channel delivers each new entry to it. A
 * subscriber that is not live has a `CatchUp`. That is so before it has started, while its client reads too slowly,
 * after a hole, and while a message of the program waits for events that were published before it.
 */
export class Subscriber implements Member, Follower, PortSubscription {
  readonly port: StreamPort;
  readonly stream: EventStream;
  readonly topics: ReadonlySet<string> | undefined;
  readonly snapshot: (() => unknown) | undefined;
  hasLeft = false;
  readonly #selection: Selection;
  readonly #host: SubscriberHost;
  #catchUp: CatchUp | undefined;
  // The number of the newest entry that was delivered to it.
  #number = -1;
  // The number of the newest place whose id the client was sent.
  #sentNumber = -1;
  // Whether it is processing an entry right now: the filter, which is the app's, may send or unsubscribe.
  #taking = false;
  // The last event ID of the request.
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
    this.topics = selection.topics;
    this.snapshot = snapshot;
    this.#catchUp = new CatchUp(this, host);
  }

  /** Begins to send. `clientId` is the last event ID of the request, if there is one. */
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

  get isLive(): boolean {
    return this.#catchUp === undefined;
  }

  // --- live

  deliver(entry: Entry, number: number): void {
    if (number <= this.#number || !this.isLive) return; // it already has this entry
    const lags = this.port.isCongested;
    if (lags || (this.#selection.filter !== undefined && !this.port.ownTimer && turnBudget().isSpent)) {
      this.#leaveTail(number - 1);
      if (lags) this.#host.callHook((options) => options.onLag?.(this.stream));
      this.#catchUp!.advance();
      return;
    }
    this.#number = number;
    this.#taking = true;
    this.#pass(entry);
    this.#taking = false;
    this.#catchUp?.advance(); // sends what the filter has sent on this stream
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

  /** Stops being live, and continues by reading after the place with this number. */
  #leaveTail(number: number, hole?: ResetReason): void {
    const window = this.#host.window!;
    this.#host.live.delete(this);
    this.#catchUp = new CatchUp(this, this.#host);
    this.#catchUp.begin(window, { after: window.idOf(number)!, number }, { hole });
  }

  // --- called by CatchUp

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
    this.#host.live.add(this);
  }

  // --- called by the stream

  streamClosed(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    if (this.isLive) this.#host.live.delete(this);
    this.#host.left(this);
  }

  /** Unsubscribes. The stream stays open. */
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
    if (!this.isLive || window === undefined || this.#selection === EVERYTHING) return false;
    if (this.#sentNumber >= window.visible) return false;
    this.#sentNumber = window.head;
    this.port.sendFrame(this.#host.frameOf("heartbeat", window.cursor, ""), window.cursor, true);
    return true;
  }

  defer(frame: Frame): boolean {
    return this.#keepUntilReached((own, place) => own.add(place, frame));
  }

  deferEnd(end: () => void): boolean {
    return this.#keepUntilReached((own, place) => own.endAt(place, end));
  }

  /**
   * Keeps a message or an end until its place is reached. `false`: the place is already reached, so nothing was kept.
   */
  #keepUntilReached(keep: (own: OwnMessages, place: Place) => void): boolean {
    const place = this.#host.place();
    if (this.isLive) {
      const { head } = this.#host.window!;
      const isDelivering = this.#host.isDelivering(this.#number);
      if (!this.#taking && place.number === head && !isDelivering) return false;
      this.#leaveTail(isDelivering ? head - 1 : head);
    }
    keep(this.#catchUp!.own, place);
    if (!this.#taking) this.#catchUp!.advance();
    return true;
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

/** Removes the suffix `~end` of an id. The log knows its last entry by the id without it. */
function withoutEnd(id: string): string {
  return id.endsWith(END_SUFFIX) ? id.slice(0, -END_SUFFIX.length) : id;
}
