// @ts-check

/**
 * Makes a message about an error for the page, and a status for a response. The provider's own message is not passed on,
 * because it may contain parts of the API key.
 * @param {any} error
 * @returns {{ status: number, message: string }}
 */
export function explain(error) {
  if (error.status < 500) return { status: error.status, message: error.message }; // an error of this app
  const message = explainUpstream(error);
  if (message) return { status: 502, message };
  console.error(error);
  return { status: 500, message: "The server made a mistake. Its log says which." };
}

/** @param {any} error */
function explainUpstream({ code, message, upstreamStatus }) {
  switch (code) {
    case "ERR_SSE_UPSTREAM_STATUS":
      if (upstreamStatus === 401) return "The provider refused the API key (401). Is OPENAI_API_KEY right?";
      if (upstreamStatus === 429)
        return "The provider says: too many requests, or the quota is used up (429).";
      return `The provider answered with status ${upstreamStatus}.`;
    case "ERR_SSE_UPSTREAM_CONTENT_TYPE":
      return "The provider did not answer with an event stream. Is OPENAI_BASE_URL right?";
    case "ERR_SSE_EVENT_TOO_LARGE":
      return "The provider sent an event that is too large.";
    case "ERR_SSE_UPSTREAM_BROKEN":
    case "ERR_SSE_UPSTREAM_INCOMPLETE":
      return "The answer broke off at the provider.";
    default:
      return message === "fetch failed" ? "The provider cannot be reached." : undefined;
  }
}
