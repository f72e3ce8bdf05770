import { SseError, type Draft } from "@ssekit/core";
import { createDraft } from "@ssekit/core/adapter";
import { codeOf } from "./answer-log.js";
import type { AnswersOptions } from "./answers-options.js";
import type { AnswerState } from "./answers.js";

/** The states in which an answer is over. */
export type EndState = Exclude<AnswerState, "running" | "unknown">;

/** Makes the last events of answers. What the app's hooks throw is reported, and never keeps an answer from ending. */
export class LastEvents {
  readonly #options: AnswersOptions;
  readonly #report: (error: unknown) => void;

  constructor(options: AnswersOptions, report: (error: unknown) => void) {
    this.#options = options;
    this.#report = report;
  }

  /** The last entry of an answer's log. */
  draft(state: EndState, error?: unknown): Draft {
    return { event: state, data: this.dataOf(state, error), end: true };
  }

  /** The same without asking the hooks. */
  plain(state: EndState, error?: unknown): Draft {
    return { event: state, data: plainData(state, error), end: true };
  }

  /** The data of the last event, as text. */
  dataOf(state: Exclude<AnswerState, "running">, error?: unknown): string {
    const { endData, describeError } = this.#options;
    try {
      if (endData !== undefined) return this.#text(endData(state, error));
      if (state !== "failed") return "";
      return this.#text(describeError?.(error)?.data ?? { reason: reasonOf(error) });
    } catch (thrown) {
      this.#report(thrown);
      return plainData(state, error);
    }
  }

  #text(data: unknown): string {
    const { serialize } = this.#options;
    return (createDraft({ data }, true, serialize === undefined ? {} : { serialize }) as Draft).data;
  }
}

/** The error of an answer whose producer is gone. */
export function lostError(problem: string): SseError {
  return new SseError("ERR_SSE_ANSWER_LOST", problem);
}

/** The error of an answer whose node was closed. */
export function closedError(problem: string): SseError {
  return new SseError("ERR_SSE_CHANNEL_CLOSED", problem);
}

const REASONS = [
  ["ERR_SSE_LOG_FULL", "full"],
  ["ERR_SSE_ANSWER_LOST", "lost"],
  ["ERR_SSE_CHANNEL_CLOSED", "closed"],
];

function plainData(state: Exclude<AnswerState, "running">, error: unknown): string {
  return state === "failed" ? JSON.stringify({ reason: reasonOf(error) }) : "";
}

/** What a client is told of an error. Nothing of the error itself, because it may contain secrets. */
function reasonOf(error: unknown): string {
  return REASONS.find(([code]) => code === codeOf(error))?.[1] ?? "error";
}
