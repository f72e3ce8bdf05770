import { checkAnswersOptions, type AnswersOptions } from "./answers-options.js";
import type { Answers } from "./answers.js";
import { LogAnswers } from "./log-answers.js";

/**
 * Creates answers, each of which is generated once and read by any number of clients on any node.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 * @example
 * ```ts
 * const answers = createAnswers({ keep: 10 * 60_000 });
 * await answers.start(id, ({ signal }) => ask(prompt, signal));
 * answers.subscribe(id, stream);
 * ```
 */
export function createAnswers(options: AnswersOptions = {}): Answers {
  checkAnswersOptions(options);
  return new LogAnswers(options);
}
