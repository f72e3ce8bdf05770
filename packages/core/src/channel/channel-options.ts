import {
  checkOptions,
  FUNCTION,
  hasMethods,
  invalidOption,
  MS_FROM_0,
  OBJECT,
  type Check,
  type Checks,
} from "../check-options.js";
import type { ChannelOptions, SubscribeOptions } from "./channel.js";
import { HISTORY, resolveHistory } from "./history.js";

const LOG: Check = ["an EventLog, such as logs.open(key)", (value) => hasMethods(value, "append", "tail")];

/** An option that takes a store of logs. */
export const LOG_STORE: Check = [
  "a LogStore, such as memoryLogs()",
  (value) => hasMethods(value, "open", "close"),
];

/** Of one channel. Those of channels by key have most of them too. */
export const CHANNEL_CHECKS: { readonly [Name in keyof Required<ChannelOptions>]: Check } = {
  history: HISTORY,
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

const SUBSCRIBE_CHECKS: { readonly [Name in keyof Required<SubscribeOptions> | "topic"]: Check | string } = {
  topic: "use topics, an array",
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
export function checkChannelOptions(
  options: unknown,
  what = "createChannel",
  checks: Checks = { ...CHANNEL_CHECKS, logs: "use log: logs.open(key)" },
): asserts options is ChannelOptions {
  checkOptions(what, options, checks);
  const { history, log, schemas = {} } = options as ChannelOptions;
  if (history !== undefined && log !== undefined) {
    throw invalidOption(`${what}: history`, "none beside log, which has its own", history);
  }
  resolveHistory(what, history, "history.");
  for (const [type, schema] of Object.entries(schemas)) {
    if (schema === undefined || isSchema(schema)) continue;
    throw invalidOption(
      `${what}: schemas.${type}`,
      "a Standard Schema, as of Zod, Valibot or ArkType",
      schema,
    );
  }
}

// Those of ArkType are functions.
function isSchema(value: unknown): boolean {
  return hasMethods((value as { "~standard"?: unknown } | null)?.["~standard"], "validate");
}

/** @throws {SseError} `ERR_SSE_INVALID_OPTION` */
export function checkSubscribeOptions(options: unknown): asserts options is SubscribeOptions {
  checkOptions("subscribe", options, SUBSCRIBE_CHECKS);
  const given = options as SubscribeOptions;
  if ("topics" in given && given.topics === undefined) {
    throw invalidOption(
      "subscribe: topics",
      "an array of strings (leave it out to subscribe to all events)",
      undefined,
    );
  }
}
