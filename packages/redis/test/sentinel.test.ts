import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { findFreePort } from "../../conformance/src/support/ports.js";
import {
  startRedis,
  type RedisOptions,
  type RedisServer,
} from "../../conformance/src/support/start-redis.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { until } from "../../conformance/src/support/within.js";
import { redisLogs } from "../src/index.js";

describe.skipIf(!systemProgram("redis-server"))("redisLogs with Sentinel and ioredis", () => {
  const start = async (options?: RedisOptions): Promise<RedisServer> => {
    const server = await startRedis(options);
    onTestFinished(() => server.remove());
    return server;
  };

  it("goes on with the new master after a failover", async () => {
    const master = await start();
    const replica = await start({ args: ["--replicaof", "127.0.0.1", String(master.port)] });
    await expect
      .poll(() => replica.command("INFO replication"), { timeout: 10_000 })
      .toContain("link_status:up");
    const port = await findFreePort();
    const config = join(master.dir, "sentinel.conf");
    const settings = [
      `port ${port}`,
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      "sentinel down-after-milliseconds main 500",
    ];
    writeFileSync(config, settings.join("\n"));
    const sentinel = await start({ port, args: [config, "--sentinel"] });
    await expect.poll(() => sentinel.command("INFO sentinel"), { timeout: 15_000 }).toContain("slaves=1");

    const client = new Redis({ sentinels: [{ host: "127.0.0.1", port }], name: "main" });
    client.on("error", () => {});
    const store = redisLogs({ client, whenDown: "wait", timeout: 1_000 });
    onTestFinished(async () => {
      await store.close();
      client.disconnect();
    });
    const log = store.open("key");
    const told: string[] = [];
    const resets: unknown[] = [];
    await log.tail((news) => {
      if ("entries" in news) told.push(...news.entries.map(({ data }) => data));
      if ("reset" in news) resets.push(news);
    });
    await log.append([{ data: "a" }]);
    await expect.poll(() => replica.command("DBSIZE")).toBe(await master.command("DBSIZE"));
    await master.stop("SIGKILL");
    await log.append([{ data: "b" }]);
    await until("the entries", () => told.length === 2);
    expect([told, resets]).toEqual([["a", "b"], []]);
    expect(await replica.command("ROLE")).toContain("master");
  });
});
