// @ts-check

/**
 * The AI SDK parses the data of every event and ignores event types. So the last event of an answer must have data that it
 * knows, and nothing may be left out or summed up: this app must not use `fold`, which would send an event `snapshot`.
 * @type {import("@ssekit/answers").AnswersOptions}
 */
export const answerOptions = {
  keep: 10 * 60_000,

  endData(state, error) {
    if (state === "done") return "[DONE]";
    if (state === "stopped") return { type: "abort" };
    return {
      type: "error",
      errorText: state === "failed" ? explain(error) : "This answer is no longer kept.",
    };
  },

  onError(error, { key, stage }) {
    console.error(`Answer ${key} (${stage}):`, error);
  },
};

/**
 * What a client is told of a failure. The error's own message is not sent, because it may contain keys.
 * @param {any} error
 */
function explain({ code }) {
  switch (code) {
    case "ERR_SSE_ANSWER_LOST":
    case "ERR_SSE_CHANNEL_CLOSED":
      return "The server that wrote this answer was stopped.";
    case "ERR_SSE_LOG_FULL":
      return "The answer became too long.";
  }
  return "The model failed in the middle of its answer.";
}
