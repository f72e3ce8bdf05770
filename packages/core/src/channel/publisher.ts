import { expectOneMessage, isObject } from "../check-options.js";
import { SseError } from "../sse-error.js";
import { isThenable } from "../stream/source.js";
import type { ChannelSource } from "./channel-message.js";
import type { ChannelOptions } from "./channel.js";
import { createDraft } from "./draft.js";
import type { Draft, EventLog } from "./event-log.js";
import { discardSource, publishItems, type ItemsTarget } from "./publish-items.js";

/** What the publishing side needs of its channel. */
export interface PublisherHost {
  /** Settles when those who have subscribed can be told what is published; `undefined`: they can. */
  readonly following: Promise<void> | undefined;
  /** A message has been given its id. */
  published(id: string): void;
}

/** The publishing side of a channel: makes drafts of messages and appends them, in the order of the calls. */
export class Publisher implements ItemsTarget {
  isClosed = false;
  readonly #log: EventLog;
  readonly #options: ChannelOptions;
  readonly #host: PublisherHost;
  readonly #sources = new Set<Promise<boolean>>();
  readonly #onClose = new Set<() => void>();
  // The error of a source that has failed. What it should have written never looks complete.
  #failure: { readonly error: unknown } | undefined;
  // Until it has settled the next message waits, for a validator of an earlier one or for the audience.
  #turn: Promise<unknown> | undefined;
  readonly #logErrors = new Set<unknown>();
  #ending: Promise<void> | undefined;

  constructor(log: EventLog, options: ChannelOptions, host: PublisherHost) {
    this.#log = log;
    this.#options = options;
    this.#host = host;
  }

  /** @param count how many arguments the program has given. */
  publish(message: unknown, count: number): string | Promise<string> {
    expectOneMessage("publish", count, "publishAll");
    this.#expectOpen();
    return this.append(message);
  }

  /** Resolves with `false` if the channel was closed before the source was exhausted. */
  publishAll(source: ChannelSource): Promise<boolean> {
    try {
      this.#expectOpen();
    } catch (error) {
      discardSource(source);
      throw error;
    }
    const running = publishItems(source, this);
    this.#sources.add(running);
    running.then(
      () => this.#sources.delete(running),
      (error: unknown) => {
        // After an error of the log it is for the program to say what was lost.
        if (!this.#logErrors.has(error)) this.#failure ??= { error };
        this.#sources.delete(running);
        if (this.#sources.size === 0) this.#logErrors.clear();
      },
    );
    return running;
  }

  /**
   * Does nothing when the channel is closed: clients that come later are told nothing, and may come back.
   *
   * @param count how many arguments the program has given.
   */
  end(message: unknown, count: number): Promise<void> {
    expectOneMessage("end", count);
    if (this.isClosed) return Promise.resolve();
    if (this.#ending !== undefined) return this.#ending;
    const fields = typeof message === "string" ? { data: message } : message === undefined ? {} : message;
    const draft = createDraft(isObject(fields) ? { event: "end", ...fields } : fields, true, this.#options);
    if (isThenable(draft)) draft.then(undefined, () => {});
    const ending = this.#end(draft);
    this.#ending = ending;
    ending.catch((error: unknown) => {
      if (error !== this.#failure?.error) this.#ending = undefined; // may be tried again
    });
    return ending;
  }

  close(): void {
    this.isClosed = true;
    for (const listener of this.#onClose) listener();
  }

  // --- for sources

  append(message: unknown): string | Promise<string> {
    return this.#append(createDraft(message, false, this.#options));
  }

  onClose(listener: () => void): () => void {
    this.#onClose.add(listener);
    return () => this.#onClose.delete(listener);
  }

  // --- what they share

  #expectOpen(): void {
    if (this.isClosed) throw closed();
    if (this.#ending !== undefined) {
      throw new SseError("ERR_SSE_CHANNEL_ENDED", "The channel has ended: nothing was published");
    }
  }

  async #end(draft: Draft | Promise<Draft>): Promise<void> {
    let failure = this.#failure;
    while (this.#sources.size > 0) {
      for (const result of await Promise.allSettled(this.#sources)) {
        if (result.status === "rejected") failure ??= { error: result.reason as unknown };
      }
    }
    if (this.isClosed) throw closed();
    await this.#append(failure === undefined ? draft : this.#failedDraft(failure.error));
    if (failure !== undefined) throw failure.error;
  }

  /** What readers are told instead of the end, for the source has failed: whatever the hook does. */
  async #failedDraft(error: unknown): Promise<Draft> {
    try {
      const describing: unknown = this.#options.describeError?.(error);
      const described = (await describing) as object | undefined;
      return await createDraft({ event: "failed", ...described }, true, this.#options);
    } catch {
      return { event: "failed", data: "", end: true };
    }
  }

  #append(draft: Draft | Promise<Draft>): string | Promise<string> {
    const { following } = this.#host;
    if (!isThenable(draft) && this.#turn === undefined && following === undefined) return this.#store(draft);
    const turn = Promise.allSettled([draft, this.#turn, following]);
    const appended = turn.then(([made]) => {
      if (made.status === "rejected") throw made.reason;
      return this.#store(made.value);
    });
    this.#turn = turn;
    void turn.then(() => {
      if (this.#turn === turn) this.#turn = undefined;
    });
    return appended;
  }

  #store(draft: Draft): string | Promise<string> {
    const stored = ([id]: readonly string[]): string => {
      this.#host.published(id!);
      return id!;
    };
    const failed = (error: unknown): never => {
      if (this.#sources.size > 0) this.#logErrors.add(error);
      throw error;
    };
    try {
      const ids = this.#log.append([draft]);
      return isThenable(ids) ? Promise.resolve(ids).then(stored, failed) : stored(ids);
    } catch (error) {
      return failed(error);
    }
  }
}

function closed(): SseError {
  return new SseError("ERR_SSE_CHANNEL_CLOSED", "The channel is closed: nothing was published");
}
