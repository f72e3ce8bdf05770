import { SseError, type ChannelSource, type Draft, type EventLog, type News, type Tail } from "@ssekit/core";
import { createDraft, publishItems, type ItemsTarget } from "@ssekit/core/adapter";
import { codeOf } from "./answer-log.js";
import type { AnswerContext } from "./answer-node.js";
import { AnswerWriter, type WriterListener } from "./answer-writer.js";
import { lostError, type EndState } from "./last-events.js";
import { every, later, type Timer } from "./timer.js";

const END_EVENTS = ["done", "failed", "stopped", "unknown"];
const REPEAT_MS = 1_000;

/** An answer whose source is read on this node. */
export class Producer implements ItemsTarget, WriterListener {
  /** Whether no more items are taken. */
  isClosed = false;
  /** Resolves when the answer is over and its log is closed here. Never rejects. */
  readonly over: Promise<void>;
  readonly #log: EventLog;
  readonly #context: AnswerContext;
  readonly #writer: AnswerWriter;
  readonly #keepAlive: Timer;
  readonly #closeListeners = new Set<() => void>();
  #tail: Tail | undefined;
  #isEnding = false;
  #isOver = false;
  #refusals = 0;
  #setOver!: () => void;

  /**
   * @param claim the id of the entry that has claimed the key.
   * @param flushInterval `undefined`: every event is appended at once.
   */
  constructor(log: EventLog, claim: string, flushInterval: number | undefined, context: AnswerContext) {
    this.over = new Promise((resolve) => (this.#setOver = resolve));
    this.#log = log;
    this.#context = context;
    this.#writer = new AnswerWriter(log, claim, flushInterval, this);
    this.#keepAlive = every(context.node.keep / 3, () => this.#writer.keepAlive());
    void this.#follow();
  }

  /** Reads the source until it is exhausted or the answer is over. */
  run(source: ChannelSource): void {
    publishItems(source, this).then(
      (exhausted) => exhausted && this.end("done"),
      (error: unknown) => {
        if (this.#isEnding || this.#isOver) return;
        this.#context.report(error, "source");
        this.end("failed", error);
      },
    );
  }

  /** Ends the answer after what its source has written, unless it is ending already. */
  end(state: EndState, error?: unknown, drop = false, withoutHooks = false): void {
    if (this.#isEnding || this.#isOver) return;
    this.#isEnding = true;
    this.#close();
    const { lastEvents } = this.#context;
    this.#writer.end(withoutHooks ? lastEvents.plain(state, error) : lastEvents.draft(state, error), drop);
  }

  /** Stops reading the source, and appends nothing more. The log does not learn of it. */
  abandon(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#close();
    this.#writer.stop();
    this.#keepAlive.clear();
    this.#tail?.stop();
    this.#log.close().catch((error: unknown) => this.#context.report(error, "log"));
    this.#setOver();
  }

  // --- called by the source

  append(item: unknown): Promise<void> | undefined {
    const { serialize } = this.#context.node.options;
    const draft = createDraft(item, false, serialize === undefined ? {} : { serialize }) as Draft;
    if (draft.event !== undefined && END_EVENTS.includes(draft.event)) {
      throw new SseError(
        "ERR_SSE_INVALID_FIELD",
        `event: expected another name than ${END_EVENTS.join(", ")}, which tell the state of an answer, got "${draft.event}"`,
      );
    }
    return this.#writer.append(draft);
  }

  onClose(listener: () => void): () => void {
    this.#closeListeners.add(listener);
    return () => this.#closeListeners.delete(listener);
  }

  #close(): void {
    this.isClosed = true;
    for (const listener of this.#closeListeners) listener();
  }

  // --- called by the writer

  ended(): void {
    this.abandon();
  }

  refused(error: unknown): void {
    const isFull = codeOf(error) === "ERR_SSE_LOG_FULL";
    this.#context.report(error, isFull ? "source" : "log");
    this.#refusals++;
    // A log that takes no end, or whose store is closed, takes nothing at all.
    if (this.#refusals > 2 || codeOf(error) === "ERR_SSE_CHANNEL_CLOSED") return this.abandon();
    this.#isEnding = false;
    // What the hooks say of the end may be what the log refuses.
    this.end("failed", error, true, this.#refusals === 2);
  }

  lost(): void {
    const error = lostError("The log has lost a part of the answer, because it was replaced or restored");
    this.#context.report(error, "log");
    this.#isEnding = false;
    this.end("failed", error, true);
  }

  // --- following the log, in which another node may have ended the answer

  async #follow(): Promise<void> {
    try {
      const tail = await this.#log.tail((news) => this.#hear(news));
      if (this.#isOver) return tail.stop();
      this.#tail = tail;
      if (tail.end !== undefined) this.ended();
    } catch {
      if (!this.#isOver) later(REPEAT_MS, () => void this.#follow());
    }
  }

  #hear(news: News): void {
    if (this.#isOver || "status" in news) return;
    if ("reset" in news) this.#writer.touch();
    else if (news.entries.some(({ end }) => end)) this.ended();
  }
}
