import { SseError, type AppendOptions, type Draft } from "@ssekit/core";
import type { ResolvedHistory } from "@ssekit/core/adapter";
import { AppendPlan, prepareDraft, type Operation, type PreparedDraft } from "./append-plan.js";
import { MAX_WAIT, type Broker } from "./broker.js";
import { closedError, RequestFailed, unavailable } from "./errors.js";
import type { JetStream } from "./jetstream.js";
import { KnownKeys } from "./known-keys.js";
import { Message } from "./message.js";
import { comparePositions } from "./position.js";
import { Retention } from "./retention.js";
import type { StreamInfo } from "./stream-info.js";
import { Trimmer } from "./trimmer.js";

const STORE_FAILED = 10_077; // a limit of the stream is reached
const MESSAGE_TOO_LARGE = 10_054;

/** How many bytes of drafts go into one message, if they come from several calls. */
const MESSAGE_BYTES = 256 * 1024;
/** Bytes of a message for everything beside its drafts. */
const OVERHEAD = 1_024;

/**
 * Stores drafts in one log. One message is under way at a time, and what is appended meanwhile goes into the next one.
 * Each message is stored only if the one before it is still the last, so the messages of all nodes make one chain.
 */
export class LogWriter {
  readonly #broker: Broker;
  readonly #token: string;
  readonly #history: ResolvedHistory;
  readonly #queue: Operation[] = [];
  #isStoring = false;
  #closed = false;
  /** The stream to which the following fields belong. */
  #stream: StreamInfo | undefined;
  /** The newest message that this node knows. It may be out of date, which the server notices. */
  #newest: Message | undefined;
  #isKnown = false;
  readonly #keys = new KnownKeys();
  readonly #trimmer: Trimmer;

  constructor(broker: Broker, token: string, history: ResolvedHistory) {
    this.#broker = broker;
    this.#token = token;
    this.#history = history;
    this.#trimmer = new Trimmer(history);
  }

  append(drafts: readonly Draft[], { after }: AppendOptions = {}): Promise<readonly string[]> {
    if (drafts.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      if (this.#closed) throw closedError();
      const prepared = drafts.map(prepareDraft);
      const size = prepared.reduce((bytes, { json }) => bytes + json.length * 3, 0); // at most
      this.#refuseTooLarge(prepared, size);
      const { whenDown } = this.#broker.options;
      const deadline = whenDown === "wait" ? Infinity : this.#broker.deadline();
      this.#queue.push({ drafts: prepared, after, deadline, size, resolve, reject });
      if (this.#isStoring) return;
      this.#isStoring = true;
      // After this turn, so that what is appended in one turn goes into one message.
      setImmediate(() => void this.#storeAll());
    });
  }

  /** Takes a message of another node, which need not be read any more. */
  follow(message: Message, stream: StreamInfo): void {
    if (!this.#isKnown || this.#stream !== stream || this.#newest === undefined) return;
    if (comparePositions(message.head.before, this.#newest.last) !== 0) return;
    this.#newest = message;
    this.#keys.follow(message);
  }

  /** Rejects what waits. A message that is under way is still stored or not, as the server decides. */
  close(): void {
    this.#closed = true;
    for (const { reject } of this.#queue.splice(0)) reject(closedError());
  }

  async #storeAll(): Promise<void> {
    while (this.#queue.length > 0) await this.#store(this.#take());
    this.#isStoring = false;
  }

  /** Refuses a call whose drafts the server would not take as one message. */
  #refuseTooLarge(prepared: readonly PreparedDraft[], atMost: number): void {
    const max = this.#broker.maxPayload - OVERHEAD;
    if (atMost <= max) return;
    const bytes = prepared.reduce((sum, { json }) => sum + new TextEncoder().encode(json).byteLength + 1, 0);
    if (bytes <= max) return;
    throw new SseError(
      "ERR_SSE_INVALID_DATA",
      `append: expected at most ${max} bytes, because of the max_payload of the NATS server, got ${bytes}; nothing was stored`,
    );
  }

  /** Takes the calls from the queue that go into one message. */
  #take(): Operation[] {
    const max = Math.min(MESSAGE_BYTES, this.#broker.maxPayload - OVERHEAD);
    let size = 0;
    const count = this.#queue.findIndex((operation, index) => {
      size += operation.size;
      return index > 0 && size > max;
    });
    return this.#queue.splice(0, count === -1 ? this.#queue.length : count);
  }

  async #store(operations: readonly Operation[]): Promise<void> {
    // Plans that were sent without an answer. At most one of them has been stored, or will be.
    const unsure: AppendPlan[] = [];
    for (let waiting = operations; waiting.length > 0;) {
      const deadline = Math.min(...waiting.map((operation) => operation.deadline));
      const current = waiting;
      try {
        return await this.#broker.run(deadline, (js) => this.#tryToStore(js, current, unsure, deadline));
      } catch (error) {
        const { code, cause } = error as { code?: unknown; cause?: unknown };
        if (code === "ERR_SSE_INVALID_DATA" && current.length > 1) {
          for (const operation of current) await this.#store([operation]); // each may be small enough
          return;
        }
        const reason = code === "ERR_SSE_CHANNEL_CLOSED" && unsure.length > 0 ? unavailable(error) : error;
        const isLate = cause instanceof RequestFailed && !cause.isFinal;
        // Calls that were made later have more time.
        const late = performance.now() + MAX_WAIT;
        waiting = isLate ? current.filter((operation) => operation.deadline > late) : [];
        for (const operation of current) if (!waiting.includes(operation)) operation.reject(reason);
      }
    }
  }

  async #tryToStore(
    js: JetStream,
    operations: readonly Operation[],
    unsure: AppendPlan[],
    deadline: number,
  ): Promise<void> {
    if (this.#closed) throw closedError();
    if (js.stream.created !== this.#stream?.created) this.#forget(js.stream);
    if (unsure.length > 0 && (await this.#settleUnsure(js, unsure, deadline))) return;
    const hasKeys = operations.some(({ drafts }) =>
      drafts.some(({ draft }) => draft.idempotencyKey !== undefined),
    );
    for (let isFresh = false; ;) {
      if (!this.#isKnown) {
        const newest = await js.last(this.#token, deadline);
        this.#newest = newest;
        this.#isKnown = true;
        isFresh = true;
      }
      if (hasKeys) await this.#keys.learn(js, this.#token, this.#newest, deadline);
      const newest = this.#newest;
      const retention = newest && new Retention(this.#history, newest);
      const state = { epoch: js.stream.epoch(this.#token), newest, retention, keys: this.#keys };
      const plan = new AppendPlan(operations, state, this.#history);
      if (plan.added.length === 0) {
        if (isFresh) return plan.settle(0);
        this.#isKnown = false; // what is known may be out of date, so it is no reason to refuse anything
        continue;
      }
      unsure.push(plan);
      const seq = await js
        .publish(this.#token, plan.text, plan.expected, deadline)
        .catch((error: unknown) => {
          throw storeError(error);
        });
      if (seq !== undefined) return this.#stored(js, plan, seq);
      unsure.pop(); // the server has refused it
      this.#isKnown = false;
      if (unsure.length > 0 && (await this.#settleUnsure(js, unsure, deadline))) return;
    }
  }

  /**
   * Looks whether one of the plans was stored. The message after the one that all of them expected tells that.
   *
   * @returns whether all calls are settled.
   */
  async #settleUnsure(js: JetStream, unsure: AppendPlan[], deadline: number): Promise<boolean> {
    this.#isKnown = false;
    for (const expected of new Set(unsure.map((plan) => plan.expected))) {
      const next = await js.next(this.#token, expected + 1, deadline);
      if (next === undefined) continue;
      const plan = unsure.find(({ nonce }) => nonce === next.head.nonce);
      if (plan !== undefined) {
        this.#stored(js, plan, next.seq);
        return true;
      }
      const open = unsure.filter((each) => each.expected !== expected); // the others can never be stored
      unsure.splice(0, unsure.length, ...open);
    }
    return false;
  }

  #stored(js: JetStream, plan: AppendPlan, seq: number): void {
    const message = new Message(
      seq,
      plan.head,
      plan.added.map(({ draft }) => draft),
    );
    this.#newest = message;
    this.#isKnown = true;
    this.#keys.follow(message);
    plan.settle(seq);
    const retention = new Retention(this.#history, message);
    const first = this.#trimmer.trim(message, retention);
    if (first === undefined) return;
    this.#keys.trim(retention);
    js.purge(this.#token, first, this.#broker.deadline()).catch((error: unknown) => {
      this.#broker.report(error, "purge");
    });
  }

  #forget(stream: StreamInfo): void {
    this.#stream = stream;
    this.#newest = undefined;
    this.#isKnown = false;
    this.#keys.forget();
    this.#trimmer.forget();
  }
}

function storeError(error: unknown): unknown {
  if (!(error instanceof RequestFailed)) return error;
  if (error.apiCode === MESSAGE_TOO_LARGE) {
    const problem = "The drafts are larger than the max_msg_size of the stream";
    return new SseError("ERR_SSE_INVALID_DATA", `${problem}: nothing was stored`, { cause: error });
  }
  if (error.apiCode !== STORE_FAILED) return error;
  return new SseError("ERR_SSE_LOG_FULL", `The stream is full: ${error.message}; nothing was stored`, {
    cause: error,
  });
}
