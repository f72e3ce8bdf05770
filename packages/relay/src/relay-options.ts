import { BOOLEAN, checkOptions, type Check } from "@ssekit/core/adapter";
import type { RelayedMessage } from "./message-decoder.js";

/** Options of `relay`. */
export interface RelayOptions {
  /**
   * What completes the answer: the `data` of an event, such as `"[DONE]"`, or a function that knows the event.
   *
   * With it, an upstream that ends before is an error.
   *
   * @default the end of the upstream
   */
  doneOn?: string | ((message: RelayedMessage) => boolean);
  /**
   * Whether the event that completes the answer is relayed too.
   *
   * @default false
   */
  forwardDone?: boolean;
  /**
   * The largest event taken, in bytes of its data in UTF-8. Its block may be twice that and 64 KiB.
   *
   * @default 1_048_576
   */
  maxEventBytes?: number;
  /** Cancels the upstream when it aborts. */
  signal?: AbortSignal;
}

/** Options with every default in place. */
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

/** @throws {SseError} `ERR_SSE_INVALID_OPTION` */
export function resolveOptions(options: RelayOptions): ResolvedRelayOptions {
  checkOptions("relay", options, CHECKS);
  const { doneOn, forwardDone = false, maxEventBytes = 1 << 20, signal } = options;
  const isDone = typeof doneOn === "string" ? (message: RelayedMessage) => message.data === doneOn : doneOn;
  return { isDone, forwardDone, maxEventBytes, signal };
}
