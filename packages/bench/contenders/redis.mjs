// @ts-check
import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { findBroker, startBroker } from "../start-broker.mjs";

/** Says what is missing for a contender that uses Redis, or returns `undefined`. */
export function redisIsMissing() {
  return findBroker("redis") === undefined ? "redis-server is not on PATH" : undefined;
}

/** Starts a Redis that ends with this process. */
export async function startRedis() {
  const { url, pid } = await startBroker("redis");
  const client = new Redis(url);
  return {
    url,
    /** Microseconds of CPU. The first field is the time in nanoseconds, in user mode and in the kernel. */
    cpu: () => Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1_000,
    /** Bytes of its data. */
    memory: async () => Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1]),
  };
}
