// @ts-check
import { Redis } from "ioredis";
import { findBroker, startBroker } from "../start-broker.mjs";

/** Says what is missing for a contender that uses Redis, or returns `undefined`. */
export function redisIsMissing() {
  return findBroker("redis") === undefined ? "redis-server is not on PATH" : undefined;
}

/** Starts a Redis that ends with this process. */
export async function startRedis() {
  const { url, cpu } = await startBroker("redis");
  const client = new Redis(url);
  /** Bytes of its data. */
  const memory = async () => Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1]);
  return { url, cpu, memory };
}
