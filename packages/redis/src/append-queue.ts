import { SseError, type Draft } from "@ssekit/core";
import { pack, type PackedDraft } from "./body.js";
import type { ResolvedHistory } from "@ssekit/core/adapter";
import { closedError, unavailable, whenLate } from "./unavailable.js";

/** The drafts of one call of `append`, which are stored as a whole or not at all. */
interface Group {
  readonly owner: object;
  readonly drafts: readonly PackedDraft[];
  readonly after: string;
  /** In milliseconds of `performance.now()`. */
  readonly deadline: number;
  resolve(ids: readonly string[]): void;
  reject(error: unknown): void;
}

export interface AppendQueueOptions {
  /** Milliseconds, `Infinity` to wait. */
  readonly timeout: number;
  readonly history: ResolvedHistory;
  /** Runs the script that appends. `failed` is called with the error of each attempt. */
  send(
    args: readonly string[],
    deadline: number,
    isOver: () => boolean,
    failed: (error: unknown) => void,
  ): Promise<unknown>;
  /** Numbers the appends of this node. */
  nextNumber(): number;
}

/** Limits of one script call, so that it does not block Redis. A single call of `append` may exceed them. */
const BATCH = { drafts: 500, bytes: 1 << 20 };

/**
 * Sends the appends of one log. What is appended in one turn, or while Redis has not answered yet, is sent in one
 * command. Only one command is under way, so that the order of the calls is kept whatever fails.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  #queue: Group[] = [];
  #sent: readonly Group[] = [];
  #isScheduled = false;
  #isSending = false;
  // Why the appends that were sent last are not stored yet.
  #failure: unknown;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  /** @param owner the handle of the log, which may be closed. */
  append(owner: object, drafts: readonly Draft[], after: string | undefined): Promise<readonly string[]> {
    if (drafts.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const packed = drafts.map((draft) => pack(draft));
      const deadline = performance.now() + this.#options.timeout;
      // The script takes "" for no condition, and any other text that is no id does not hold.
      const condition = after === "" ? "-" : (after ?? "");
      this.#queue.push({ owner, drafts: packed, after: condition, deadline, resolve, reject });
      this.#expireLater();
      if (this.#isScheduled || this.#isSending) return;
      this.#isScheduled = true;
      setImmediate(() => void this.#sendAll());
    });
  }

  /** Rejects the appends of a handle that were not sent. Those that were sent and have no deadline are given up. */
  refuse(owner: object): void {
    const refused = this.#queue.filter((group) => group.owner === owner);
    this.#queue = this.#queue.filter((group) => group.owner !== owner);
    for (const { reject } of refused) reject(closedError());
    if (this.#queue.length === 0 && this.#sent.length === 0) this.#stopTimer();
    if (this.#options.timeout !== Infinity) return;
    for (const group of this.#sent) if (group.owner === owner) group.reject(unavailable(undefined));
    this.#sent = this.#sent.filter((group) => group.owner !== owner);
  }

  async #sendAll(): Promise<void> {
    this.#isScheduled = false;
    this.#isSending = true;
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      this.#sent = batch;
      this.#failure = undefined;
      const deadline = batch.at(-1)!.deadline;
      try {
        const isOver = (): boolean => this.#sent.length === 0; // all were given up
        const failed = (error: unknown): void => void (this.#failure = error);
        const reply = (await this.#options.send(this.#argsOf(batch), deadline, isOver, failed)) as unknown[];
        if (reply[0] === "late") throw new Error("another append was stored before");
        const [epoch, ...results] = reply as [string, ...string[][]];
        for (const [n, group] of batch.entries()) settle(group, epoch, results[n]!, this.#options.history);
      } catch (error) {
        const reason = error instanceof SseError ? error : unavailable(error);
        for (const { reject } of batch) reject(reason);
      }
      this.#sent = [];
    }
    this.#isSending = false;
    this.#stopTimer();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #takeBatch(): Group[] {
    let drafts = 0;
    let bytes = 0;
    let count = 0;
    for (const group of this.#queue) {
      drafts += group.drafts.length;
      for (const draft of group.drafts) bytes += draft.bytes;
      if (count > 0 && (drafts > BATCH.drafts || bytes > BATCH.bytes)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #argsOf(batch: readonly Group[]): string[] {
    const args = [String(this.#options.nextNumber()), String(batch.length)];
    for (const { after, drafts } of batch) {
      args.push(after, String(drafts.length));
      for (const { flags, bytes, key, body } of drafts) args.push(String(flags), String(bytes), key, body);
    }
    return args;
  }

  /** Rejects each append when its time is over, whether it was sent or not. */
  #expireLater(): void {
    if (this.#timer !== undefined || this.#options.timeout === Infinity) return;
    const first = this.#sent[0] ?? this.#queue[0];
    if (first === undefined) return;
    const expire = (): void => {
      this.#timer = undefined;
      const now = performance.now();
      const isExpired = ({ deadline }: Group): boolean => deadline <= now;
      for (const group of [...this.#sent, ...this.#queue].filter(isExpired))
        group.reject(unavailable(this.#failure));
      this.#queue = this.#queue.filter((group) => !isExpired(group));
      const next = this.#sent.find((group) => !isExpired(group)) ?? this.#queue[0];
      if (next !== undefined) this.#timer = whenLate(expire, Math.max(next.deadline - now, 1));
    };
    this.#timer = whenLate(expire, Math.max(first.deadline - performance.now(), 1));
  }
}

function settle(
  { drafts, after, resolve, reject }: Group,
  epoch: string,
  [result, ...rest]: string[],
  history: ResolvedHistory,
): void {
  if (result === "ok") return resolve(rest.map((position) => `${epoch}-${position}`));
  if (result === "conflict") {
    const newest =
      rest[0] === "start"
        ? "start, because no entry was ever stored"
        : `${rest[0]}, the id of the last entry`;
    return reject(
      new SseError(
        "ERR_SSE_CONFLICT",
        `after: expected ${newest}, got ${JSON.stringify(after)}; nothing was stored`,
      ),
    );
  }
  if (result === "full") {
    const limit = history.complete ? history.maxBytes : 0;
    const problem = `The log would hold more than its maxBytes of ${limit} with ${drafts.length} more entries`;
    return reject(new SseError("ERR_SSE_LOG_FULL", `${problem}: nothing was stored`));
  }
  const problem = "The log has ended, or a draft follows one that ends it";
  reject(new SseError("ERR_SSE_CHANNEL_ENDED", `${problem}: nothing was stored`));
}
