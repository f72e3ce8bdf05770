import { isReply, runScript, type Connection } from "./connection.js";
import { checkScript, type Script } from "./scripts.js";
import { unavailable, within } from "./unavailable.js";

/** A log whose position is checked. */
export interface Checked {
  readonly metaKey: string;
  /** What is passed to the script that checks positions, see there. */
  renewal(now: number): number;
  /** Whether the newest id is of interest. */
  readonly isFollowed: boolean;
  /** Takes the newest id, "" if the log does not exist. `told` is what `told()` returned before the question. */
  compare(cursor: string, told: string | undefined): void;
  told(): string | undefined;
  tellStatus(status: "ready" | "down", error?: unknown): void;
}

export interface ShardOptions {
  readonly connection: Connection;
  /** Milliseconds for which a command may take. */
  readonly timeout: number;
  /** Milliseconds between two checks. */
  readonly checkInterval: number;
  /** Returns the channel on which the node hears itself, "" for none. */
  beat(): string;
  onDown(error: unknown): void;
}

/** A script call with more keys would block Redis for longer than a millisecond. */
const KEYS = 500;

/** The logs whose keys may be used in one script call. It knows whether Redis can be reached for them. */
export class Shard {
  #status: "ready" | "down" = "ready";
  readonly #options: ShardOptions;
  readonly #key: string;
  readonly #logs = new Set<Checked>();
  readonly #waiting = new Set<() => void>();
  #lastError: unknown;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isChecking = false;
  #isCheckWanted = false;
  #failures = 0;
  #closed = false;

  /** @param key a key of this shard. */
  constructor(options: ShardOptions, key: string) {
    this.#options = options;
    this.#key = key;
  }

  get status(): "ready" | "down" {
    return this.#status;
  }

  add(log: Checked): void {
    this.#logs.add(log);
    this.#schedule();
  }

  delete(log: Checked): void {
    this.#logs.delete(log);
  }

  /**
   * Runs a script, and runs it again until it succeeds or the deadline is over. While Redis is known to be down, it
   * sends nothing.
   *
   * @param deadline in milliseconds of `performance.now()`.
   * @param isOver whether the caller does not wait any longer.
   * @param failed is called with the error of each attempt.
   * @throws {SseError} `ERR_SSE_LOG_UNAVAILABLE`
   */
  async run(
    script: Script,
    key: string,
    args: readonly string[],
    deadline: number,
    isOver: () => boolean = () => false,
    failed: (error: unknown) => void = () => {},
  ): Promise<unknown> {
    let error: unknown;
    for (let attempt = 0; ; attempt++) {
      if (this.#status === "down") await this.#pause(Infinity, deadline);
      else if (attempt > 0) await this.#pause(Math.min(20 * 2 ** attempt, 500), deadline);
      const left = deadline - performance.now();
      if (this.#closed || isOver() || left <= 0) throw unavailable(error ?? this.#lastError);
      if (this.#status === "down") continue;
      try {
        const { connection, timeout } = this.#options;
        return await within(runScript(connection, script, [key], args), Math.min(timeout, left));
      } catch (failure) {
        // What Redis has answered says more than an attempt for which little time was left.
        if (!isReply(error) || isReply(failure)) error = failure;
        failed(error);
        // The server can be reached if it has answered. If little time was left, the failure says nothing about it.
        if (!isReply(failure) && left >= this.#options.timeout / 2) this.#goDown(failure);
      }
    }
  }

  /** Compares the positions of all followed logs with Redis. */
  check(): void {
    this.#isCheckWanted = true;
    if (!this.#isChecking) void this.#check();
  }

  /** Lets those that wait look again whether they still have to. */
  wake(): void {
    for (const resume of [...this.#waiting]) resume();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#logs.clear();
    this.wake();
  }

  async #check(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isChecking = true;
    try {
      while (this.#isCheckWanted && !this.#closed) {
        this.#isCheckWanted = false;
        await this.#compareAll();
        this.#goUp();
      }
    } catch (error) {
      this.#failures++;
      this.#goDown(error);
    }
    this.#isChecking = false;
    this.#schedule();
  }

  async #compareAll(): Promise<void> {
    const { connection, timeout, beat } = this.#options;
    const now = performance.now();
    const due: { log: Checked; renewal: number; told: string | undefined }[] = [];
    for (const log of this.#logs) {
      const renewal = log.renewal(now);
      if (log.isFollowed || renewal !== 0) due.push({ log, renewal, told: log.told() });
    }
    if (due.length === 0 && this.#status === "ready") return;
    let channel = this.#status === "ready" ? beat() : "";
    for (let from = 0; from === 0 || from < due.length; from += KEYS) {
      const page = due.slice(from, from + KEYS);
      for (const item of page) item.told = item.log.told();
      const keys = page.length === 0 ? [this.#key] : page.map(({ log }) => log.metaKey);
      const renewals = page.length === 0 ? ["0"] : page.map(({ renewal }) => String(renewal));
      const answer = within(runScript(connection, checkScript, keys, [channel, ...renewals]), timeout);
      const cursors = (await answer) as string[];
      channel = "";
      for (const [n, { log, told }] of page.entries()) {
        if (this.#logs.has(log)) log.compare(cursors[n]!, told);
      }
    }
  }

  #schedule(): void {
    if (this.#closed || this.#isChecking || this.#timer !== undefined) return;
    if (this.#logs.size === 0 && this.#status === "ready") return;
    const { checkInterval } = this.#options;
    const backoff = Math.min(50 * 2 ** this.#failures, checkInterval, 2_000);
    const delay = this.#status === "ready" ? checkInterval : backoff;
    this.#timer = setTimeout(() => this.check(), delay);
    (this.#timer as { unref?(): void }).unref?.();
  }

  #goDown(error: unknown): void {
    this.#lastError = error;
    if (this.#closed || this.#status === "down") return;
    this.#status = "down";
    this.#options.onDown(error);
    for (const log of this.#logs) log.tellStatus("down", error);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule();
  }

  #goUp(): void {
    this.#failures = 0;
    if (this.#closed || this.#status === "ready") return;
    this.#status = "ready";
    for (const log of this.#logs) log.tellStatus("ready");
    this.wake();
  }

  /** Waits for `ms`, until the deadline, or until `wake` is called. */
  #pause(ms: number, deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const time = Math.min(ms, deadline - performance.now());
      const timer = time < 2 ** 31 ? setTimeout(() => resume(), Math.max(time, 0)) : undefined;
      const resume = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(resume);
        resolve();
      };
      this.#waiting.add(resume);
    });
  }
}
