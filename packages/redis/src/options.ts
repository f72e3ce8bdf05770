import type { History } from "@ssekit/core";
import { checkOptions, FUNCTION, HISTORY, invalidOption, MS, type Checks } from "@ssekit/core/adapter";
import type { IoredisClient } from "./ioredis.js";
import type { NodeRedisClient, NodeRedisCluster } from "./node-redis.js";

/** A client of Redis that the app has: of the package `redis` 5 or 6, or of `ioredis` 5 or 6, with or without a cluster. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoredisClient;

/** What failed, for `RedisLogsOptions.onError`. */
export interface RedisLogsErrorContext {
  /**
   * Where it failed.
   *
   * - `command`: Redis does not answer. Told once, until it answers again.
   * - `subscribe`: the connection for messages was interrupted. Entries arrive up to `checkInterval` later meanwhile.
   * - `listener`: a listener of a tail threw.
   */
  readonly stage: "command" | "subscribe" | "listener";
}

/** Options of `redisLogs`. */
export interface RedisLogsOptions {
  /**
   * The app's client. It stays open when the store is closed. A client for Sentinel has to be one of `ioredis`; pools
   * are refused.
   */
  client: RedisClient;
  /** The text in front of all keys and channels in Redis. It must not contain `{` or `}`. @default "ssekit:" */
  prefix?: string;
  /** What a log keeps that is opened without a history. @default 10 000 events, 16 MiB, 5 minutes */
  history?: History;
  /**
   * Milliseconds for which a call waits for Redis. Then it rejects with `ERR_SSE_LOG_UNAVAILABLE`.
   *
   * @default 5_000
   */
  timeout?: number;
  /**
   * What publishing does while Redis cannot be reached: `"reject"` after `timeout`, or `"wait"` until it can.
   *
   * @default "reject"
   */
  whenDown?: "reject" | "wait";
  /**
   * Milliseconds between two checks whether the node has heard every message. A message that was lost arrives with the
   * next check.
   *
   * @default 1_000
   */
  checkInterval?: number;
  /**
   * Number of hash tags over which the logs of a Redis Cluster are spread. All nodes must use the same number, and it
   * must stay the same. Other clients ignore it.
   *
   * @default 16
   */
  tags?: number;
  /** Is called with errors that nobody else is told. @default none */
  onError?(error: unknown, context: RedisLogsErrorContext): void;
}

const CLIENT = "a client of the package redis or ioredis";

const CHECKS: Checks = {
  client: [CLIENT, (value) => typeof value === "object" && value !== null],
  prefix: ["a string without { and }", (value) => typeof value === "string" && !/[{}]/.test(value)],
  history: HISTORY,
  timeout: MS,
  whenDown: ['"reject" or "wait"', (value) => value === "reject" || value === "wait"],
  checkInterval: MS,
  tags: [
    "a whole number from 1 to 16384",
    (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) <= 16_384,
  ],
  onError: FUNCTION,
};

/** @throws {SseError} `ERR_SSE_INVALID_OPTION` */
export function checkRedisLogsOptions(options: RedisLogsOptions): void {
  checkOptions("redisLogs", options, CHECKS);
  if (options.client === undefined) throw invalidOption("redisLogs: client", CLIENT, undefined);
}
