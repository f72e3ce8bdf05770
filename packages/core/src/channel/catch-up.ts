import type { Frame } from "../format/frame.js";
import { isThenable } from "../stream/source.js";
import { TurnBudget, turnBudget } from "../stream/turn-budget.js";
import type { Entry, ResetReason } from "./event-log.js";
import { LogCursor } from "./log-cursor.js";
import { OwnMessages } from "./own-messages.js";
import type { Member, SubscriberHost } from "./subscriber-host.js";
import type { Window } from "./window.js";

// How many entries are looked at before the time of the turn is.
const ENTRIES_PER_LOOK = 16;

/** Where a subscriber begins. */
export type Start = "start" | "oldest" | { readonly after: string; readonly number?: number };

interface First {
  /** The client has to be told that it lacks something. */
  readonly hole?: ResetReason | undefined;
  /** The client is to have the state. */
  readonly snapshot?: boolean;
}

/** The subscriber that catches up. */
export interface Follower extends Member {
  readonly hasLeft: boolean;
  readonly snapshot: (() => unknown) | undefined;
  /** Sends an entry, if the subscriber wants it. */
  take(entry: Entry): void;
  /** Sends the entry that ended the log, if the client does not have it, and ends the stream. */
  takeEnd(end: Entry): void;
  sendFrame(frame: Frame, id: string | undefined): void;
  /** It is at the tail, and nothing waits. */
  caughtUp(): void;
}

/**
 * What a subscriber does while it is not live: it reads on from its place until it is at the tail. On the way it tells
 * of holes, makes snapshots, and sends the program's own messages, each at its place. It goes one step after another,
 * no faster than the client reads, and gives way to others when the time of the turn is used up.
 */
export class CatchUp {
  readonly own = new OwnMessages();
  #cursor: LogCursor | undefined;
  readonly #follower: Follower;
  readonly #host: SubscriberHost;
  readonly #budget: TurnBudget;
  #running = false;
  #waiting = false;
  // A hole that the client has not been told of.
  #hole: ResetReason | undefined;
  #needsSnapshot = false;
  // Changes when a snapshot that is being made is no longer wanted.
  #snapshotTurn: object | undefined;
  #looks = 0;

  constructor(follower: Follower, host: SubscriberHost) {
    this.#follower = follower;
    this.#host = host;
    // In a Worker a timer is of one request, so its streams cannot share a budget.
    this.#budget = follower.port.ownTimer ? new TurnBudget() : turnBudget();
  }

  /** Begins at a place, with what comes first: a hole to tell of, a snapshot. Takes no step yet. */
  begin(window: Window, start: Start, { hole, snapshot = hole !== undefined }: First = {}): void {
    this.#cursor = new LogCursor(this.#host.log, window, start);
    this.#hole = hole;
    this.#needsSnapshot = snapshot && this.#follower.snapshot !== undefined;
  }

  /** The place in the log; `undefined`: it has not begun. */
  get id(): string | undefined {
    return this.#cursor?.id;
  }

  /** Takes steps until there is nothing to do, or something to wait for. */
  advance(): void {
    if (this.#running || this.#waiting || this.#cursor === undefined) return;
    this.#running = true;
    try {
      while (!this.#follower.hasLeft && this.#step(this.#cursor));
    } catch (error) {
      this.#follower.fail(error);
    } finally {
      this.#running = false;
    }
  }

  /** Goes on without the snapshot that is being made. */
  skipSnapshot(): void {
    if (this.#snapshotTurn !== undefined) this.#goOnWith(undefined);
  }

  /** `false`: it waits, or is over. */
  #step(cursor: LogCursor): boolean {
    const { port } = this.#follower;
    if (this.#snapshotTurn !== undefined) return false;
    if (port.isCongested) {
      cursor.dropPage();
      return this.#waitFor(port.drained());
    }
    if (this.#looks++ % ENTRIES_PER_LOOK === 0 && this.#budget.isSpent) return this.#giveWay();
    if (this.#needsSnapshot) return this.#takeSnapshot(cursor);
    if (this.#hole === undefined && this.#sendOwn(cursor)) return true;
    const next = cursor.next();
    if (next === "tail") return this.#arrive(cursor);
    if (next === "wait") return this.#waitForTail();
    if (next instanceof Promise) return this.#waitFor(next);
    if ("reset" in next) {
      this.#hole ??= next.reset;
      this.#needsSnapshot = this.#follower.snapshot !== undefined;
      return true;
    }
    // Told only now, when it is known where the hole ends: what is kept may have gone before it was read.
    if (this.#hole !== undefined) {
      this.#announce(undefined);
      return true;
    }
    this.#follower.take(next);
    cursor.moveTo(next);
    return true;
  }

  #sendOwn(cursor: LogCursor): boolean {
    return this.own.next(
      (place) => cursor.hasReached(place),
      (frame) => this.#follower.sendFrame(frame, undefined),
    );
  }

  /** At the newest place that this node has heard of. */
  #arrive(cursor: LogCursor): boolean {
    if (this.#hole !== undefined) {
      this.#announce(undefined);
      return true; // a hook may have published
    }
    if (this.#sendOwn(cursor)) return true;
    const { end } = this.#host.window!;
    if (end !== undefined) this.#follower.takeEnd(end);
    // What still waits is to come after something that this node has not heard of.
    else if (!this.own.isEmpty) this.#waitForTail();
    else this.#follower.caughtUp();
    return false;
  }

  // --- waiting

  #waitFor(promise: Promise<unknown>): boolean {
    this.#waiting = true;
    promise.then(
      () => this.#goOn(),
      (error: unknown) => this.#follower.fail(error),
    );
    return false;
  }

  #giveWay(): boolean {
    this.#waiting = true;
    this.#budget.defer(() => this.#goOn());
    return false;
  }

  #goOn(): void {
    this.#waiting = false;
    this.advance();
  }

  #waitForTail(): boolean {
    this.#host.waiting.add(this.#follower);
    return false;
  }

  // --- holes and snapshots

  /** The state at the tail: what is published after it follows. */
  #takeSnapshot(cursor: LogCursor): boolean {
    const window = this.#host.window!;
    // After a hole in a log that is ahead of this node, the state is made when the node has caught up with it.
    if (this.#hole !== undefined && !cursor.isBehindTail) return this.#waitForTail();
    cursor.jump(window.cursor, window.head);
    this.#needsSnapshot = false;
    const hole = this.#hole !== undefined;
    const state = this.#follower.snapshot!();
    if (!isThenable(state)) {
      this.#announce(state);
      return true;
    }
    // A stream that only waits for its end gets a snapshot after a hole if one is there at once.
    if (hole && this.own.isEnding) {
      state.then(undefined, () => {});
      this.#announce(undefined);
      return true;
    }
    const turn = (this.#snapshotTurn = {});
    state.then(
      (made) => {
        if (this.#snapshotTurn === turn && !this.#follower.hasLeft) this.#goOnWith(made);
      },
      (error: unknown) => this.#snapshotTurn === turn && this.#follower.fail(error),
    );
    return false;
  }

  #goOnWith(state: unknown): void {
    this.#snapshotTurn = undefined;
    try {
      this.#announce(state);
    } catch (error) {
      return this.#follower.fail(error);
    }
    this.advance();
  }

  /** Tells of the hole, if there is one, and of the state, if it is known. */
  #announce(state: unknown): void {
    const id = this.#cursor!.id!;
    const reason = this.#hole;
    this.#hole = undefined;
    const follower = this.#follower;
    const host = this.#host;
    const snapshot = state === undefined ? undefined : host.frameOf("snapshot", id, state);
    if (reason !== undefined) {
      follower.sendFrame(host.frameOf("reset", id, JSON.stringify({ reason })), id);
    }
    if (snapshot !== undefined) follower.sendFrame(snapshot, id);
    if (reason !== undefined) host.callHook((options) => options.onReset?.(follower.stream, reason));
  }
}
