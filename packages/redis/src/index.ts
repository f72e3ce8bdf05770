export type { IoredisClient } from "./ioredis.js";
export type { NodeRedisClient, NodeRedisCluster } from "./node-redis.js";
export type { RedisClient, RedisLogsErrorContext, RedisLogsOptions } from "./options.js";
export { redisLogs } from "./redis-logs.js";
