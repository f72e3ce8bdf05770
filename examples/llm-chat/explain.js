// @ts-check

/**
 * Makes a message about an error for the page, and a status for a response. The provider's own message is not passed on,
 * because it may contain parts of the API key.
 * @param {any} error
 * @returns {{ status: number, message: string }}
 */
export function explain(error) {
  if (error.status < 500) return { status: error.status, message: error.message }; // an error of this app
  const { code, message, upstreamStatus } = error;
  switch (code) {
    case "ERR_SSE_UPSTREAM_STATUS":
      return { status: 502, message: explainStatus(upstreamStatus) };
    case "ERR_SSE_UPSTREAM_CONTENT_TYPE":
      return badGateway("The provider did not answer with an event stream. Is OPENAI_BASE_URL right?");
    case "ERR_SSE_EVENT_TOO_LARGE":
      return badGateway("The provider sent an event that is too large.");
    case "ERR_SSE_UPSTREAM_BROKEN":
    case "ERR_SSE_UPSTREAM_INCOMPLETE":
      return badGateway("The answer broke off at the provider.");
    case "PROVIDER_ERROR":
      return badGateway("The provider reported an error in the middle of its answer.");
    case "ERR_SSE_LOG_FULL":
      return badGateway("The answer became too long.");
    case "ERR_SSE_LOG_UNAVAILABLE":
      return { status: 503, message: "Answers cannot be stored at the moment. Please try again." };
    case "ERR_SSE_ANSWER_LOST":
    case "ERR_SSE_CHANNEL_CLOSED":
      return { status: 503, message: "The server that wrote this answer was stopped." };
  }
  if (message === "fetch failed") return badGateway("The provider cannot be reached.");
  return { status: 500, message: "The server made a mistake. Its log says which." };
}

/**
 * An error of this app, with the status of the response.
 * @param {number} status
 * @param {string} message
 */
export function refusal(status, message) {
  return Object.assign(new Error(message), { status });
}

/** @param {number} status */
function explainStatus(status) {
  if (status === 401) return "The provider refused the API key (401). Is OPENAI_API_KEY right?";
  if (status === 429) return "The provider says: too many requests, or the quota is used up (429).";
  return `The provider answered with status ${status}.`;
}

/** @param {string} message */
function badGateway(message) {
  return { status: 502, message };
}
