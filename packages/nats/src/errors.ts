import { SseError } from "@ssekit/core";

/** Why a request to NATS has no usable answer. It never leaves this package. */
export class RequestFailed extends Error {
  /**
   * - `lost`: the connection broke off. `timeout`: no answer came in time. In both cases it is unknown whether the
   *   request was carried out.
   * - `missing`: no stream takes the subject, or the stream does not exist.
   * - `busy`: JetStream cannot answer at the moment.
   * - `refused`: JetStream has refused the request.
   * - `closed`: the connection or the store is closed.
   */
  readonly kind: "lost" | "timeout" | "missing" | "busy" | "refused" | "closed";
  /** The code of the error in JetStream's API. */
  readonly apiCode: number | undefined;

  constructor(
    kind: RequestFailed["kind"],
    message: string,
    details: { cause?: unknown; apiCode?: number } = {},
  ) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.apiCode = details.apiCode;
  }

  /** Whether the same request would fail again. */
  get isFinal(): boolean {
    return this.kind === "refused" || this.kind === "closed";
  }
}

export function unavailable(cause: unknown): SseError {
  return new SseError(
    "ERR_SSE_LOG_UNAVAILABLE",
    `NATS cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  );
}

export function closedError(): SseError {
  return new SseError("ERR_SSE_CHANNEL_CLOSED", "The log is closed: nothing was stored or read");
}
