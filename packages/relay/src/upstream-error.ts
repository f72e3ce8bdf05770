import type { SseError } from "@ssekit/core";

/** The error of an upstream that answered with something other than an event stream. */
export interface UpstreamError extends SseError {
  /** The error's code: the status was not 2xx, or the content type was not `text/event-stream`. */
  readonly code: "ERR_SSE_UPSTREAM_STATUS" | "ERR_SSE_UPSTREAM_CONTENT_TYPE";
  /** The HTTP status of the upstream's answer. */
  readonly upstreamStatus: number;
  /**
   * The first 4 KiB of the body of the upstream's answer, or `undefined` if it has no body.
   *
   * It may contain keys and account names. Log it, and do not send it to a client.
   */
  readonly upstreamBody: string | undefined;
}

/**
 * Tells whether an error is an {@link UpstreamError}: the upstream answered with something other than an event stream.
 *
 * @example
 * onError(error) {
 *   if (isUpstreamError(error)) console.error(error.upstreamStatus, error.upstreamBody);
 * }
 */
export function isUpstreamError(error: unknown): error is UpstreamError {
  // Not instanceof, because a program that loads ESM and CommonJS has two SseError classes.
  const code = (error as Partial<SseError> | null | undefined)?.code;
  return code === "ERR_SSE_UPSTREAM_STATUS" || code === "ERR_SSE_UPSTREAM_CONTENT_TYPE";
}
