export type { Answers, AnswerState } from "./answers.js";
export type { AnswerErrorContext, AnswersOptions, FoldedEvent } from "./answers-options.js";
export { createAnswers } from "./create-answers.js";
