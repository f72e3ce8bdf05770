import { BOOLEAN, checkOptions, type Check } from "@ssekit/core/adapter";
import type { RelayedMessage } from "./message-decoder.js";

/** The options of `relay`. */
export interface RelayOptions {
  /**
   * The event that completes the answer: its exact `data`, such as `"[DONE]"`, or a function that returns `true` for it.
   *
   * If the upstream ends before this event, `next()` rejects with `ERR_SSE_UPSTREAM_INCOMPLETE`.
   *
   * @default none: the end of the upstream completes the answer
   * @example
   * relay(upstream, { doneOn: "[DONE]" });
   * relay(upstream, { doneOn: ({ event }) => event === "message_stop" });
   */
  doneOn?: string | ((message: RelayedMessage) => boolean);
  /**
   * Whether the event that completes the answer is also relayed.
   *
   * @default false
   */
  forwardDone?: boolean;
  /**
   * The size limit of an event, in bytes of its data in UTF-8. The whole block may have twice that plus 64 KiB.
   *
   * @default 1_048_576
   */
  maxEventBytes?: number;
  /**
   * A signal that cancels the upstream when it aborts. The pending `next()` then rejects with the signal's reason.
   *
   * @default none
   */
  signal?: AbortSignal;
}

/** The options after defaults were filled in. */
export interface ResolvedRelayOptions {
  isDone: ((message: RelayedMessage) => boolean) | undefined;
  forwardDone: boolean;
  maxEventBytes: number;
  signal: AbortSignal | undefined;
}

const CHECKS: { readonly [Name in keyof Required<RelayOptions>]: Check } = {
  doneOn: ["a string or a function", (value) => typeof value === "string" || typeof value === "function"],
  forwardDone: BOOLEAN,
  maxEventBytes: ["a number of bytes above 0", (value) => typeof value === "number" && value > 0],
  signal: ["an AbortSignal", (value) => typeof (value as Partial<AbortSignal> | null)?.aborted === "boolean"],
};

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function resolveOptions(options: RelayOptions): ResolvedRelayOptions {
  checkOptions("relay", options, CHECKS);
  const { doneOn, forwardDone = false, maxEventBytes = 1 << 20, signal } = options;
  const isDone = typeof doneOn === "string" ? (message: RelayedMessage) => message.data === doneOn : doneOn;
  return { isDone, forwardDone, maxEventBytes, signal };
}
