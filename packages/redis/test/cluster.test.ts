import { randomUUID } from "node:crypto";
import type { EventLog, History, LogStore } from "@ssekit/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { logContract, logStoreContract, type LogSubject } from "../../conformance/src/log-contract.js";
import { startRedisCluster, type RedisServer } from "../../conformance/src/support/start-redis.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { redisLogs, type RedisLogsOptions } from "../src/index.js";
import { CLUSTER_CLIENTS, type ConnectCluster } from "./support/clients.js";

describe.skipIf(!systemProgram("redis-server"))("redisLogs on a Redis Cluster of three", () => {
  let servers: RedisServer[];
  beforeAll(async () => void (servers = await startRedisCluster()));
  afterAll(() => Promise.all(servers.map((server) => server.remove())));

  const start = async (
    connect: ConnectCluster,
    options: Partial<RedisLogsOptions> = {},
  ): Promise<LogStore> => {
    const { client, close } = await connect(servers.map(({ port }) => port));
    const store = redisLogs({ client, timeout: 2_000, ...options });
    onTestFinished(async () => {
      await store.close();
      close();
    });
    return store;
  };

  function subject(connect: ConnectCluster): LogSubject {
    const opened = new WeakMap<EventLog, { key: string; history: History | undefined }>();
    const open = async (key: string, history: History | undefined): Promise<EventLog> => {
      const log = (await start(connect)).open(key, history);
      opened.set(log, { key, history });
      return log;
    };
    return {
      create: (history) => open(randomUUID(), history),
      another: (log) => open(opened.get(log)!.key, opened.get(log)!.history),
      replace: async () => void (await Promise.all(servers.map((server) => server.command("FLUSHALL")))),
    };
  }

  for (const name of ["redis 6", "ioredis 6"]) {
    logContract(`${name} on a cluster`, subject(CLUSTER_CLIENTS[name]!));
    logStoreContract(`${name} on a cluster`, {
      create: (history) =>
        start(CLUSTER_CLIENTS[name]!, { prefix: randomUUID(), ...(history && { history }) }),
    });
  }

  it.each(Object.keys(CLUSTER_CLIENTS))("spreads the logs over all servers, with %s", async (name) => {
    await Promise.all(servers.map((server) => server.command("FLUSHALL")));
    const store = await start(CLUSTER_CLIENTS[name]!);
    const logs = Array.from({ length: 60 }, (_, n) => store.open(`log ${n}`));
    const news: unknown[] = [];
    await Promise.all(logs.map(async (log) => await log.tail((item) => news.push(item))));
    await Promise.all(logs.map(async (log) => await log.append([{ data: "a" }])));
    await expect.poll(() => news.length, { timeout: 5_000 }).toBe(60);
    for (const server of servers) expect(await server.command("DBSIZE")).not.toBe(":0\r\n");
  });
});
