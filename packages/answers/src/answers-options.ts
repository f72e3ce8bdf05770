import type { LogStore, Serialize } from "@ssekit/core";
import { checkOptions, FUNCTION, LIMIT, LOG_STORE, MS, MS_FROM_0, type Check } from "@ssekit/core/adapter";
import type { AnswerState } from "./answers.js";

/** An event of an answer, as `fold` gets it. */
export interface FoldedEvent {
  /** The event type. Clients dispatch an event without one as `message`. */
  readonly event?: string | undefined;
  /** The data as it is sent: a string as it was written, and of any other value the text that `serialize` has made. */
  readonly data: string;
}

/** Where an error of an answer happened. */
export interface AnswerErrorContext {
  /** The key of the answer. `undefined` if the error concerns no answer in particular. */
  readonly key: string | undefined;
  /**
   * The part that failed.
   *
   * - `source`: the source of the answer, which is then `failed`.
   * - `log`: an append or a read of the log.
   * - `hook`: `fold`, `endData`, `describeError` or `serialize`.
   */
  readonly stage: "source" | "log" | "hook";
}

/**
 * The options of answers. All nodes should use the same ones.
 *
 * @example
 * ```ts
 * createAnswers({ keep: 60 * 60_000, lease: 10_000 });
 * ```
 */
export interface AnswersOptions {
  /**
   * The store of the logs. With a store that many nodes share, an answer can be started, read and stopped on any of
   * them. The app closes it.
   *
   * @default memoryLogs(), for one process
   */
  logs?: LogStore;
  /**
   * Milliseconds for which an answer is kept after it is over. In this time its key cannot be started again. A running
   * answer is kept however long it takes.
   *
   * @default 600_000
   */
  keep?: number;
  /**
   * Milliseconds after which a node that is no longer heard counts as dead. The readers of its answers are told within
   * 4/3 of this time, while the log can be reached. After an outage of the log, every node has at least five seconds to
   * reach it again.
   *
   * @default 15_000
   */
  lease?: number;
  /**
   * Bytes of one answer, as its events are on the wire. An answer that would exceed them fails.
   *
   * @default 1 MiB
   */
  maxBytes?: number;
  /**
   * Milliseconds for which the events of a source are collected, so that they are appended to the log in one batch.
   *
   * @default 50 for a store on another machine. In memory, each event is appended at once
   */
  flushInterval?: number;
  /**
   * Sums up what was written. With it, a client without a last event ID gets one event `snapshot` whose data is the sum
   * of all events so far, and then the events that follow. Without it, such a client gets all events.
   *
   * It is called with the sum so far, which is `undefined` at first, and with the next event. It must return a new
   * value and not change the old one. A sum that is not a string is sent as the text that `serialize` makes of it.
   *
   * @default none
   * @example
   * ```ts
   * createAnswers({ fold: (text: string = "", { data }) => text + JSON.parse(data).delta });
   * ```
   */
  fold?(sum: any, event: FoldedEvent): unknown;
  /**
   * Returns the data of the last event. Useful for clients that parse the data of every event, whatever its type.
   *
   * @param state how the answer has ended. `unknown` if there is no such answer.
   * @param error why it has failed. Only if the state is `failed`.
   * @default the data is empty, or what `describeError` says if the answer has failed
   * @example
   * ```ts
   * createAnswers({ endData: (state) => (state === "failed" ? { type: "error", errorText: "Failed" } : "[DONE]") });
   * ```
   */
  endData?(state: Exclude<AnswerState, "running">, error?: unknown): unknown;
  /**
   * Returns the data of the event `failed`. The clients see it, and they do not see the error's own message.
   *
   * The error is what the source has thrown, or an `SseError`: `ERR_SSE_LOG_FULL` (`maxBytes` was reached),
   * `ERR_SSE_ANSWER_LOST` (the node has died) or `ERR_SSE_CHANNEL_CLOSED` (the node was closed).
   *
   * @default `{ data: { reason } }`, where the reason is `error`, `full`, `lost` or `closed`
   */
  describeError?(error: unknown): { data?: unknown } | undefined;
  /**
   * Makes text of data that is not a string.
   *
   * @default `JSON.stringify`
   */
  serialize?: Serialize;
  /**
   * Called with the errors of sources, of the log, and of the other hooks.
   *
   * @default `console.error`
   */
  onError?(error: unknown, context: AnswerErrorContext): void;
}

const CHECKS: { readonly [Name in keyof Required<AnswersOptions> | "log"]: Check | string } = {
  log: "use logs, a LogStore",
  logs: LOG_STORE,
  keep: MS,
  lease: MS,
  maxBytes: LIMIT,
  flushInterval: MS_FROM_0,
  fold: FUNCTION,
  endData: FUNCTION,
  describeError: FUNCTION,
  serialize: FUNCTION,
  onError: FUNCTION,
};

/** @throws {SseError} `ERR_SSE_INVALID_OPTION` */
export function checkAnswersOptions(options: unknown): asserts options is AnswersOptions {
  checkOptions("createAnswers", options, CHECKS);
}
