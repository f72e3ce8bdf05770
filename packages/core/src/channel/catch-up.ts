import type { Frame } from "../format/frame.js";
import { isThenable } from "../stream/source.js";
import { TurnBudget, turnBudget } from "../stream/turn-budget.js";
import type { Entry, ResetReason } from "./event-log.js";
import { LogCursor } from "./log-cursor.js";
import { OwnMessages } from "./own-messages.js";
import type { Member, SubscriberHost } from "./subscriber-host.js";
import type { Window } from "./window.js";

// The budget of the turn is checked once for this many steps, because reading the clock costs time.
const STEPS_PER_CHECK = 16;

/** Where a subscriber begins to read. `number` is the number of the place in the window, if it is known. */
export type Start = "start" | "oldest" | { readonly after: string; readonly number?: number };

/** What a subscriber is sent before the first entry. */
interface First {
  /** If set, the client is sent a `reset`, because it lacks entries. */
  readonly hole?: ResetReason | undefined;
  /** If true, the client is sent a snapshot. */
  readonly snapshot?: boolean;
}

/** What `CatchUp` needs of its subscriber. */
export interface Follower extends Member {
  readonly hasLeft: boolean;
  readonly snapshot: (() => unknown) | undefined;
  /** Sends an entry, if the subscriber wants it. */
  take(entry: Entry): void;
  /** Ends the stream with the entry that ended the log. The entry is not sent if the client already has it. */
  takeEnd(end: Entry): void;
  sendFrame(frame: Frame, id: string | undefined): void;
  /** The subscriber has reached the tail and has nothing left to send: it becomes live. */
  caughtUp(): void;
}

/**
 * Brings a subscriber that is not live to the tail of the log. It reads the log from the subscriber's cursor. On the
 * way it announces holes by `reset`, takes snapshots, and sends each of the program's own messages at its place. It
 * never reads faster than the client, and lets other subscribers run when the budget of the turn is spent.
 */
export class CatchUp {
  readonly own = new OwnMessages();
  #cursor: LogCursor | undefined;
  readonly #follower: Follower;
  readonly #host: SubscriberHost;
  readonly #budget: TurnBudget;
  #running = false;
  #waiting = false;
  // Set while the client has not been told of a hole.
  #hole: ResetReason | undefined;
  #needsSnapshot = false;
  // Identifies the snapshot that is being made. A snapshot that resolves later, for another turn, is ignored.
  #snapshotTurn: object | undefined;
  #steps = 0;

  constructor(follower: Follower, host: SubscriberHost) {
    this.#follower = follower;
    this.#host = host;
    // In a Worker a timer belongs to one request, so its streams cannot share a budget.
    this.#budget = follower.port.ownTimer ? new TurnBudget() : turnBudget();
  }

  /** Sets where to begin and what to send first. Call `advance` afterwards. */
  begin(window: Window, start: Start, { hole, snapshot = hole !== undefined }: First = {}): void {
    this.#cursor = new LogCursor(this.#host.reads, window, start);
    this.#hole = hole;
    this.#needsSnapshot = snapshot && this.#follower.snapshot !== undefined;
  }

  /** The id of the cursor in the log. `undefined` before `begin`. */
  get id(): string | undefined {
    return this.#cursor?.id;
  }

  /** Takes steps until the subscriber has caught up or has to wait. */
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

  /** Continues without the snapshot that is being made. */
  skipSnapshot(): void {
    if (this.#snapshotTurn !== undefined) this.#goOnWith(undefined);
  }

  /** Takes one step. Returns `false` if the next step has to wait, or if there is none. */
  #step(cursor: LogCursor): boolean {
    const { port } = this.#follower;
    if (this.#snapshotTurn !== undefined) return false;
    if (port.isCongested) {
      cursor.dropPage();
      return this.#waitFor(port.drained());
    }
    if (this.#steps++ % STEPS_PER_CHECK === 0 && this.#budget.isSpent) return this.#giveWay();
    if (this.#needsSnapshot) return this.#takeSnapshot(cursor);
    if (this.#hole === undefined && this.#sendOwn(cursor)) return true;
    const next = cursor.next();
    if (next === "tail") return this.#arriveAtTail(cursor);
    if (next === "wait") return this.#waitForTail();
    if (next instanceof Promise) return this.#waitFor(next);
    if ("reset" in next) {
      this.#hole ??= next.reset;
      this.#needsSnapshot = this.#follower.snapshot !== undefined;
      return true;
    }
    // Announced only now, because the entries after the hole may have been evicted before they were read. Where the
    // hole ends is known when the next entry is there.
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

  /** Called at the newest place that this node knows. */
  #arriveAtTail(cursor: LogCursor): boolean {
    if (this.#hole !== undefined) {
      this.#announce(undefined);
      return true; // a hook may have published
    }
    if (this.#sendOwn(cursor)) return true;
    const { end } = this.#host.window!;
    if (end !== undefined) this.#follower.takeEnd(end);
    // The messages that remain belong after entries that this node has not received yet.
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

  /** Moves to the tail and takes a snapshot there. The entries published after that follow the snapshot. */
  #takeSnapshot(cursor: LogCursor): boolean {
    const window = this.#host.window!;
    // After a reset the cursor may be ahead of this node's window. Then the snapshot waits for the window.
    if (this.#hole !== undefined && !cursor.isBehindTail) return this.#waitForTail();
    cursor.jump(window.cursor, window.head);
    this.#needsSnapshot = false;
    const hole = this.#hole !== undefined;
    const state = this.#follower.snapshot!();
    if (!isThenable(state)) {
      this.#announce(state);
      return true;
    }
    // After a hole, a stream that is about to end does not wait for a snapshot that is a promise.
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

  /** Sends the `reset` of the hole, if there is one, and then the snapshot, if `state` is defined. */
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
