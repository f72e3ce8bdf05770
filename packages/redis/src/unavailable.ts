import { SseError } from "@ssekit/core";

export function unavailable(cause: unknown): SseError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new SseError(
    "ERR_SSE_LOG_UNAVAILABLE",
    `Redis did not answer in time${why}. It is not known whether anything was stored`,
    { cause },
  );
}

export function closedError(): SseError {
  return new SseError("ERR_SSE_CHANNEL_CLOSED", "The log is closed: nothing was stored or read");
}

/**
 * Calls a function after some time, and after the answers were read that have arrived by then. Timers run before sockets
 * are read: a process that was busy would otherwise take its own delay for a silence of Redis.
 */
export function whenLate(call: () => void, ms: number): ReturnType<typeof setTimeout> {
  return setTimeout(() => setImmediate(call), ms);
}

/** Waits for a promise for at most `ms`, because a client waits for ever when its packets are lost. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  promise.catch(() => {}); // it may reject after the time is over
  const late = new Promise<never>((_resolve, reject) => {
    timer = whenLate(() => reject(new Error(`no answer within ${Math.round(ms)} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
