import { checkOptions, FUNCTION, invalidOption, MS_FROM_0, OBJECT, type Check } from "../check-options.js";
import type { ChannelOptions, SubscribeOptions } from "./channel.js";

const LOG: Check = [
  "an EventLog",
  (value) => typeof (value as { append?: unknown } | null)?.append === "function",
];

/** Of one channel. Those of channels by key have most of them too. */
export const CHANNEL_CHECKS: { readonly [Name in keyof Required<ChannelOptions>]: Check } = {
  history: OBJECT,
  log: LOG,
  serialize: FUNCTION,
  schemas: OBJECT,
  flushInterval: MS_FROM_0,
  onSubscribe: FUNCTION,
  onUnsubscribe: FUNCTION,
  onLag: FUNCTION,
  onReset: FUNCTION,
  describeError: FUNCTION,
  onError: FUNCTION,
};

const SUBSCRIBE_CHECKS: { readonly [Name in keyof Required<SubscribeOptions>]: Check } = {
  topics: [
    "an array of strings",
    (value) => Array.isArray(value) && value.every((topic) => typeof topic === "string"),
  ],
  filter: FUNCTION,
  from: [
    '"start", "oldest" or { after: id }',
    (value) =>
      value === "start" ||
      value === "oldest" ||
      typeof (value as { after?: unknown } | null)?.after === "string",
  ],
  snapshot: FUNCTION,
};

/** @throws {SseError} `ERR_SSE_INVALID_OPTION` */
export function checkChannelOptions(options: unknown): asserts options is ChannelOptions {
  checkOptions("createChannel", options, CHANNEL_CHECKS);
  const { history, log } = options as ChannelOptions;
  if (history !== undefined && log !== undefined) {
    throw invalidOption("history", "none: it is of the MemoryLog, and there is another log", history);
  }
}

/** @throws {SseError} `ERR_SSE_INVALID_OPTION` */
export function checkSubscribeOptions(options: unknown): asserts options is SubscribeOptions {
  checkOptions("subscribe", options, SUBSCRIBE_CHECKS);
  const given = options as SubscribeOptions;
  if ("topics" in given && given.topics === undefined) {
    throw invalidOption("topics", "an array of strings (leave it out to subscribe to all events)", undefined);
  }
}
