import { randomUUID } from "node:crypto";
import type { Entry, LogStore } from "@ssekit/core";
import { Redis } from "ioredis";
import { createClient, RESP_TYPES } from "redis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { expectEntries } from "../../conformance/src/log-contract/log-subject.js";
import { nothingUnhandled } from "../../conformance/src/support/nothing-unhandled.js";
import { startRedis, type RedisServer } from "../../conformance/src/support/start-redis.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { pause, until } from "../../conformance/src/support/within.js";
import { redisLogs, type RedisClient, type RedisLogsOptions } from "../src/index.js";

const ALL = { events: 10_000, bytes: Infinity };

describe.skipIf(!systemProgram("redis-server"))("redisLogs, whatever the app has set up", () => {
  nothingUnhandled();
  let server: RedisServer;
  beforeAll(async () => void (server = await startRedis()));
  afterAll(() => server.remove());

  const openStore = (client: RedisClient, options: Partial<RedisLogsOptions> = {}): LogStore => {
    const store = redisLogs({ client, timeout: 2_000, ...options });
    onTestFinished(() => store.close());
    return store;
  };
  const ioredis = (options: object = {}): Redis => {
    const client = new Redis({ host: "127.0.0.1", port: server.port, ...options });
    client.on("error", () => {});
    onTestFinished(() => client.disconnect());
    return client;
  };

  it("keeps a log whose history has no age, also if its state was asked for before", async () => {
    const store = openStore(ioredis(), { history: { age: Infinity } });
    const key = randomUUID();
    const log = store.open(key);
    await log.peek();
    await log.append([{ data: "a" }]);
    expect(await server.command(`PTTL ssekit:{0}:${key}:m`)).toContain("-1");
  });

  it("says why Redis refuses an append", async () => {
    const own = await startRedis();
    onTestFinished(() => own.remove());
    const log = openStore(ioredis({ port: own.port }), { timeout: 500 }).open("key");
    await log.append([{ data: "a" }]);
    await own.command("CONFIG SET maxmemory 100kb");
    for (let n = 0; n < 3; n++) {
      const unavailable = { code: "ERR_SSE_LOG_UNAVAILABLE", message: expect.stringContaining("OOM") };
      await expect(log.append([{ data: "b" }])).rejects.toMatchObject(unavailable);
    }
    await own.command("CONFIG SET maxmemory 0");
    await log.append([{ data: "c" }]);
    const { entries } = expectEntries(await log.read("start", ALL));
    expect(entries.map(({ data }) => data)).toEqual(["a", "c"]);
  });

  it("stores an append once, delivers it and says what is wrong if the user may not use the channels", async () => {
    await server.command("ACL SETUSER quiet on >pw +@all ~* resetchannels");
    const errors: unknown[] = [];
    const store = openStore(ioredis({ username: "quiet", password: "pw" }), {
      timeout: 600,
      checkInterval: 100,
      onError: (error, { stage }) => void errors.push(`${stage}: ${String(error)}`),
    });
    const log = store.open(randomUUID());
    const told: string[] = [];
    await log.tail((news) => "entries" in news && told.push(...news.entries.map(({ data }) => data)));
    await log.append([{ data: "a" }]);
    await until("the entry", () => told.length > 0);
    await pause(1_500); // the node has opened another connection
    const { entries } = expectEntries(await log.read("start", ALL));
    expect([entries.map(({ data }) => data), told]).toEqual([["a"], ["a"]]);
    expect(errors).toEqual([expect.stringMatching(/^subscribe: .*NOPERM/)]);
    expect(store.status).toBe("ready");
  });

  it("takes strings for different ones that are the same in UTF-8", async () => {
    const store = openStore(ioredis());
    const ids = await store.open(randomUUID()).append([
      { data: "a", idempotencyKey: "\ud800" },
      { data: "b", idempotencyKey: "\ud801" },
      { data: "c", idempotencyKey: "\ufffd" },
    ]);
    expect(new Set(ids).size).toBe(3);
    expect(() => store.open("\ud800")).toThrow("open: key: expected a string without lone surrogates");
  });

  it.each([2, 3] as const)("works with a client that gives replies as buffers, with RESP%i", async (RESP) => {
    const client = createClient({
      socket: { host: "127.0.0.1", port: server.port },
      RESP,
      commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    });
    await client.connect();
    onTestFinished(() => client.destroy());
    const log = openStore(client, { checkInterval: 10_000 }).open(randomUUID());
    const told: Entry[] = [];
    await log.tail((news) => "entries" in news && told.push(...news.entries));
    const [id] = await log.append([{ data: "a" }]);
    await until("the entry", () => told.length === 1);
    const { entries } = expectEntries(await log.read("start", ALL));
    expect([entries[0]!.id, told[0]!.id]).toEqual([id, id]);
  });
});
