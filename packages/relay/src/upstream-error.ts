import type { SseError } from "@ssekit/core";

/** The error of an upstream that answered, but not with an event stream. */
export interface UpstreamError extends SseError {
  readonly code: "ERR_SSE_UPSTREAM_STATUS" | "ERR_SSE_UPSTREAM_CONTENT_TYPE";
  /** The status of the upstream's answer. */
  readonly upstreamStatus: number;
  /**
   * The first 4 KiB of the upstream's answer; `undefined` if it has no body.
   *
   * It may name keys and accounts: log it, and do not send it to a client.
   */
  readonly upstreamBody: string | undefined;
}

/**
 * Whether an error is an upstream's refusal.
 *
 * @example
 * onError(error) {
 *   if (isUpstreamError(error)) console.error(error.upstreamStatus, error.upstreamBody);
 * }
 */
export function isUpstreamError(error: unknown): error is UpstreamError {
  // Not instanceof: a program that loads ESM and CommonJS has two classes.
  const code = (error as Partial<SseError> | null | undefined)?.code;
  return code === "ERR_SSE_UPSTREAM_STATUS" || code === "ERR_SSE_UPSTREAM_CONTENT_TYPE";
}
