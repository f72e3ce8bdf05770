import {
  createChannel,
  type Channel,
  type EventLog,
  type EventStream,
  type Peek,
  type Subscription,
} from "@ssekit/core";
import { isThenable, portOf, SUBSCRIPTION } from "@ssekit/core/adapter";
import { claimOf, codeOf, type Claim } from "./answer-log.js";
import type { AnswerContext } from "./answer-node.js";
import { Fold } from "./fold.js";

/** What the readers of an answer tell their node. */
export interface ReadersListener {
  /** The node that writes the answer is dead. Called again and again until the answer is over. */
  producerLost(claim: Claim): void;
  /** The last reader has left. */
  left(): void;
}

/** The readers of one answer on this node. */
export class AnswerReaders {
  readonly #log: EventLog;
  readonly #context: AnswerContext;
  readonly #listener: ReadersListener;
  readonly #channel: Channel;
  readonly #fold: Fold | undefined;
  // Streams of which it is not known yet where they begin.
  #waiting = 0;
  #unwatch: (() => void) | undefined;

  constructor(log: EventLog, context: AnswerContext, listener: ReadersListener) {
    const { fold, serialize } = context.node.options;
    this.#log = log;
    this.#context = context;
    this.#listener = listener;
    this.#fold = fold && new Fold(log, fold);
    this.#channel = createChannel({
      log,
      ...(serialize !== undefined && { serialize }),
      onUnsubscribe: () => queueMicrotask(() => this.#mayLeave()), // its size counts the stream until later
      onError: (error, { stage }) => context.report(error, stage === "hook" ? "hook" : "log"),
    });
  }

  /** @throws {SseError} `ERR_SSE_INVALID_STREAM`, `ERR_SSE_SUBSCRIBED` */
  subscribe(stream: EventStream): Subscription {
    const port = portOf(stream);
    let hasLeft = false;
    let subscription: Subscription | undefined;
    const begin = (from: "start" | { after: string }): void => {
      if (hasLeft) return;
      subscription = this.#channel.subscribe(stream, { from });
    };
    const fail = (error: unknown): void => port.fail(error);

    this.#waiting++;
    const isNew = port.requested.id === undefined && !port.requested.unknown;
    const start = (peek: Peek): void | Promise<void> => {
      if (peek.first === undefined) return this.#endUnknown(stream);
      this.#watch(peek);
      if (this.#fold === undefined || !isNew) return begin("start");
      return this.#sendSnapshot(this.#fold, stream, begin, () => hasLeft);
    };
    let starting: void | Promise<void>;
    try {
      const peek = this.#log.peek();
      starting = isThenable(peek) ? Promise.resolve(peek).then(start) : start(peek);
    } catch (error) {
      this.#arrived();
      throw error;
    }
    if (starting === undefined) this.#arrived();
    else void starting.catch(fail).finally(() => this.#arrived());
    return {
      [SUBSCRIPTION]: true,
      unsubscribe: () => {
        hasLeft = true;
        subscription?.unsubscribe();
      },
    };
  }

  get isEmpty(): boolean {
    return this.#waiting === 0 && this.#channel.size === 0;
  }

  close(): Promise<void> {
    this.#unwatch?.();
    return this.#channel.close();
  }

  #arrived(): void {
    this.#waiting--;
    this.#mayLeave();
  }

  #mayLeave(): void {
    if (this.isEmpty) this.#listener.left();
  }

  #endUnknown(stream: EventStream): void {
    stream.end({ event: "unknown", data: this.#context.lastEvents.dataOf("unknown") });
  }

  #watch(peek: Peek): void {
    const claim = claimOf(peek);
    if (claim === undefined) return;
    this.#unwatch ??= this.#context.node.leases.watch(claim, {
      lost: () => this.#listener.producerLost(claim),
    });
  }

  /** Sends what was written so far in one event, and begins after it. */
  async #sendSnapshot(
    fold: Fold,
    stream: EventStream,
    begin: (from: "start" | { after: string }) => void,
    hasLeft: () => boolean,
  ): Promise<void> {
    let after: string | undefined;
    try {
      await fold.catchUp();
      const { sum, cursor } = fold;
      if (hasLeft()) return;
      if (sum !== undefined) {
        stream.send({ event: "snapshot", id: cursor!, data: this.#text(sum) });
        after = cursor;
      }
    } catch (error) {
      if (codeOf(error) === "ERR_SSE_LOG_UNAVAILABLE") throw error;
      this.#context.report(error, "hook"); // the reader gets all events instead
    }
    begin(after === undefined ? "start" : { after });
  }

  #text(sum: unknown): unknown {
    const { serialize } = this.#context.node.options;
    return typeof sum === "string" || serialize === undefined ? sum : serialize(sum);
  }
}
