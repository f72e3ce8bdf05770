import { invalidOption } from "@ssekit/core/adapter";
import type { Connection } from "./connection.js";
import { ioredisConnection, type IoredisClient } from "./ioredis.js";
import {
  nodeRedisClusterConnection,
  nodeRedisConnection,
  type NodeRedisClient,
  type NodeRedisCluster,
} from "./node-redis.js";

/**
 * Finds out of which library a client is.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
export function connectionOf(client: object): Connection {
  const has = (...names: string[]): boolean =>
    names.every((name) => typeof (client as { [name: string]: unknown })[name] === "function");
  if (has("call", "duplicate") && "status" in client) return ioredisConnection(client as IoredisClient);
  if (has("sendCommand", "nodeClient")) return nodeRedisClusterConnection(client as NodeRedisCluster);
  // They take no command for a connection that stays the same: commands could overtake one another.
  const isOther = has("getMasterNode") ? "a Sentinel client" : has("execute") ? "a pool" : undefined;
  if (isOther === undefined && has("sendCommand", "duplicate"))
    return nodeRedisConnection(client as NodeRedisClient);
  const advice = isOther === undefined ? "" : `, and not ${isOther} (for Sentinel, use ioredis)`;
  throw invalidOption(
    "redisLogs: client",
    `a client made by createClient or createCluster of redis 5 or 6, or by ioredis 5 or 6${advice}`,
    client,
  );
}
