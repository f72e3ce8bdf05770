// @ts-check
import { explain } from "./explain.js";

/**
 * Answers are kept in the memory of this process. With `logs: redisLogs({ client })` or `logs: natsLogs({ connection })`
 * this app can run on many nodes, and nothing else changes.
 * @type {import("@ssekit/answers").AnswersOptions}
 */
export const answerOptions = {
  keep: 10 * 60_000,
  maxBytes: 4 << 20, // about 250 bytes for each token, because the provider's whole events are passed on

  /** What the page is told of a failure. */
  describeError: (error) => ({ data: { message: explain(error).message } }),

  /** The log of the server gets the error itself. */
  onError(error, { key, stage }) {
    const expected = stage === "source" && explain(error).status !== 500;
    console.error(`Answer ${key}:`, expected ? /** @type {Error} */ (error).message : error);
  },
};
