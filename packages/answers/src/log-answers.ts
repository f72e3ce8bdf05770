import type { ChannelSource, EventStream, Peek, Subscription } from "@ssekit/core";
import { checkSource, discardSource, invalidOption, portOf } from "@ssekit/core/adapter";
import { claimOf, codeOf, stateOf, type Claim } from "./answer-log.js";
import { AnswerNode } from "./answer-node.js";
import { AnswerReaders } from "./answer-readers.js";
import type { AnswersOptions } from "./answers-options.js";
import type { Answers, AnswerState } from "./answers.js";
import { closedError, lostError } from "./last-events.js";
import { endAnswer, peekAnswer } from "./end-answer.js";
import { Producers } from "./producers.js";
import { atMost } from "./timer.js";

/** The answers of one node: those that it writes, and the readers of any answer. */
export class LogAnswers implements Answers {
  readonly #node: AnswerNode;
  readonly #producers: Producers;
  readonly #readers = new Map<string, AnswerReaders>();
  // Answers of other nodes whose state was asked for and that nobody reads here. The function ends the observation.
  readonly #observed = new Map<string, () => void>();
  #closing: Promise<void> | undefined;

  constructor(options: AnswersOptions) {
    this.#node = new AnswerNode(options);
    this.#producers = new Producers(this.#node);
  }

  async start(key: string, source: ChannelSource): Promise<boolean> {
    let isRead = false;
    try {
      this.#check("start", key);
      checkSource(source ?? null); // it takes `undefined` for a source that was left out
      isRead = await this.#producers.start(key, source);
      return isRead;
    } finally {
      if (!isRead) discardSource(source);
    }
  }

  subscribe(key: string, stream: EventStream): Subscription {
    this.#check("subscribe", key);
    portOf(stream); // throws before anything is opened for it
    return this.#readersOf(key).subscribe(stream);
  }

  async stop(key: string): Promise<AnswerState> {
    this.#check("stop", key);
    const producer = this.#producers.get(key);
    if (producer !== undefined) {
      producer.end("stopped"); // here, so that what it has collected is not lost
      await atMost(this.#node.lease, producer.over);
    }
    return endAnswer(this.#node.contextOf(key), "stopped", { patience: this.#node.lease });
  }

  async state(key: string): Promise<AnswerState> {
    this.#check("state", key);
    const peek = await peekAnswer(this.#node.contextOf(key));
    this.#observe(key, peek);
    return stateOf(peek);
  }

  close(): Promise<void> {
    this.#node.isClosed = true;
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#producers.close();
    await Promise.all([...this.#readers.values()].map((readers) => readers.close()));
    await this.#node.close();
  }

  #check(method: string, key: unknown): void {
    if (typeof key !== "string") throw invalidOption(`${method}: key`, "a string", key);
    if (this.#node.isClosed) throw closedError(`${method}: the answers were closed`);
  }

  #readersOf(key: string): AnswerReaders {
    const known = this.#readers.get(key);
    if (known !== undefined) return known;
    const context = this.#node.contextOf(key);
    const readers = new AnswerReaders(this.#node.open(key), context, {
      producerLost: (claim) => void this.#fail(key, claim, true),
      left: () => {
        if (this.#readers.get(key) !== readers) return;
        this.#readers.delete(key);
        readers.close().catch((error: unknown) => context.report(error, "log"));
      },
    });
    this.#readers.set(key, readers);
    return readers;
  }

  /** Notices the death of the node of a running answer, even if nobody reads the answer here. */
  #observe(key: string, peek: Peek): void {
    const claim = claimOf(peek);
    const { leases } = this.#node;
    if (claim === undefined || claim.node === leases.claim.node || this.#observed.has(key)) return;
    const unwatch = leases.watch(claim, {
      lost: () => void this.#fail(key, claim, false),
      renewed: () => this.#observed.get(key)?.(),
    });
    this.#observed.set(key, () => {
      this.#observed.delete(key);
      unwatch();
    });
  }

  /** Ends an answer whose node is dead. If the log cannot be reached, the lease asks for it again. */
  async #fail(key: string, claim: Claim, evenIfLost: boolean): Promise<void> {
    const context = this.#node.contextOf(key);
    const error = lostError("The node that wrote the answer is dead");
    try {
      await endAnswer(context, "failed", { error, claim, evenIfLost });
      this.#observed.get(key)?.();
    } catch (thrown) {
      const isExpected = ["ERR_SSE_LOG_UNAVAILABLE", "ERR_SSE_CONFLICT"].includes(codeOf(thrown));
      if (!isExpected && !this.#node.isClosed) context.report(thrown, "log");
    }
  }
}
