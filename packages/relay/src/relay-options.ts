import { SseError } from "@ssekit/core";
import { describe } from "@ssekit/core/adapter";
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

type Check = readonly [expected: string, test: (value: unknown) => boolean];

const CHECKS: Record<keyof RelayOptions, Check> = {
  doneOn: ["a string or a function", (value) => typeof value === "string" || typeof value === "function"],
  forwardDone: ["true or false", (value) => typeof value === "boolean"],
  maxEventBytes: ["a number of bytes above 0", (value) => typeof value === "number" && value > 0],
  signal: ["an AbortSignal", (value) => typeof (value as Partial<AbortSignal> | null)?.aborted === "boolean"],
};

/** @throws {SseError} `ERR_SSE_INVALID_OPTION` */
export function resolveOptions(options: RelayOptions): ResolvedRelayOptions {
  if (typeof options !== "object" || options === null) {
    throw new SseError("ERR_SSE_INVALID_OPTION", `options: expected an object, got ${describe(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof RelayOptions] : undefined;
    if (check === undefined) {
      const known = Object.keys(CHECKS).join(", ");
      throw new SseError("ERR_SSE_INVALID_OPTION", `${name}: no such option; there are ${known}`);
    }
    if (value !== undefined && !check[1](value)) {
      throw new SseError("ERR_SSE_INVALID_OPTION", `${name}: expected ${check[0]}, got ${describe(value)}`);
    }
  }
  const { doneOn, forwardDone = false, maxEventBytes = 1 << 20, signal } = options;
  const isDone = typeof doneOn === "string" ? (message: RelayedMessage) => message.data === doneOn : doneOn;
  return { isDone, forwardDone, maxEventBytes, signal };
}
