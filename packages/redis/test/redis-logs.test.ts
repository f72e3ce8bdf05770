import { randomUUID } from "node:crypto";
import type { Entry } from "@ssekit/core";
import { Redis } from "ioredis";
import { createClientPool, createSentinel } from "redis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { expectEntries, promised } from "../../conformance/src/log-contract/log-subject.js";
import { nothingUnhandled } from "../../conformance/src/support/nothing-unhandled.js";
import { startRedis, type RedisServer } from "../../conformance/src/support/start-redis.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { pause, until, within } from "../../conformance/src/support/within.js";
import { redisLogs, type RedisLogsOptions } from "../src/index.js";
import { CLIENTS } from "./support/clients.js";
import { commandCounts, connectionsOf } from "./support/redis-info.js";
import { startNode } from "./support/redis-subject.js";

const ALL = { events: 10_000, bytes: Infinity };

describe("the options of redisLogs", () => {
  const client = new Redis({ lazyConnect: true });
  const message = (options: object): string => {
    try {
      redisLogs(options as RedisLogsOptions);
    } catch (error) {
      return String(error);
    }
    return "accepted";
  };

  it("are checked", () => {
    expect(message({})).toContain(
      "redisLogs: client: expected a client of the package redis or ioredis, got undefined",
    );
    expect(message({ client, prefix: "{a}" })).toContain(
      "redisLogs: prefix: expected a string without { and }",
    );
    expect(message({ client, whenDown: "hope" })).toContain('expected "reject" or "wait", got "hope"');
    expect(message({ client, tags: 0 })).toContain(
      "redisLogs: tags: expected a whole number from 1 to 16384",
    );
    expect(message({ client, timeout: 0 })).toContain(
      "redisLogs: timeout: expected a number of milliseconds above 0",
    );
    expect(message({ client, history: { events: -1 } })).toContain("redisLogs: history.events: expected");
    expect(message({ client, pool: 1 })).toContain(
      "redisLogs: pool: no such option; it takes client, prefix",
    );
    expect(message({ client })).toBe("accepted");
  });

  it("refuse a client that cannot work, and say which one can", () => {
    const sentinel = createSentinel({
      name: "mymaster",
      sentinelRootNodes: [{ host: "127.0.0.1", port: 1 }],
    });
    expect(message({ client: createClientPool() })).toContain("and not a pool (for Sentinel, use ioredis)");
    expect(message({ client: sentinel })).toContain("and not a Sentinel client (for Sentinel, use ioredis)");
    expect(message({ client: {} })).toContain(
      "expected a client made by createClient or createCluster of redis 5 or 6",
    );
  });
});

describe.skipIf(!systemProgram("redis-server"))("redisLogs", () => {
  nothingUnhandled();
  let server: RedisServer;
  beforeAll(async () => void (server = await startRedis()));
  afterAll(() => server.remove());

  describe.each(["redis 6", "ioredis 6"])("with %s", (name) => {
    const connect = CLIENTS[name]!;

    it("stores an append once if its reply is lost and the command is sent again", async () => {
      const key = randomUUID();
      const node = await startNode(connect, server, { timeout: 8_000 });
      const log = node.store.open(key);
      await log.append([{ data: "first" }]);
      const other = (await startNode(connect, server)).store.open(key);
      const told: string[] = [];
      await other.tail((news) => "entries" in news && told.push(...news.entries.map(({ id }) => id)));
      node.commands.dropReplies();
      const appending = log.append([{ data: "a" }, { data: "b" }]);
      await until("the entries to be stored", () => told.length === 2);
      node.commands.cut();
      await pause(100);
      await node.commands.forward();
      expect(await within("append()", Promise.resolve(appending))).toEqual(told);
      await log.append([{ data: "c" }]);
      const { entries } = expectEntries(await other.read("start", ALL));
      await until("all entries", () => told.length === 3);
      expect(entries.map(({ data }) => data).slice(0, 3)).toEqual(["first", "a", "b"]);
      expect((await other.peek()).cursor).toBe(told[2]);
    });

    it("waits until Redis can be reached again, if the option says so", async () => {
      const own = await startRedis({ appendonly: true });
      onTestFinished(() => own.remove());
      const { store } = await startNode(connect, own, { whenDown: "wait", timeout: 200 });
      const log = store.open("key");
      await log.append([{ data: "before" }]);
      await own.stop();
      const appending = ["a", "b"].map((data) => promised(() => log.append([{ data }])));
      let isSettled = false;
      void Promise.allSettled(appending).then(() => (isSettled = true));
      await pause(1_000);
      expect([isSettled, store.status]).toEqual([false, "down"]);
      await own.start();
      await within("the appends", Promise.all(appending));
      const { entries } = expectEntries(await log.read("start", ALL));
      expect(entries.map(({ data }) => data)).toEqual(["before", "a", "b"]);
      const onClose = store.open("other");
      await own.stop();
      const refused = Promise.allSettled([promised(() => onClose.append([{ data: "x" }]))]);
      await pause(300);
      await within("close()", store.close());
      expect(await within("the append", refused)).toMatchObject([{ status: "rejected" }]);
    });

    it("loads its scripts again when the server has forgotten them", async () => {
      const { store } = await startNode(connect, server);
      const log = store.open(randomUUID());
      await log.append([{ data: "a" }]);
      await server.command("SCRIPT FLUSH");
      await log.append([{ data: "b" }]);
      await server.command("SCRIPT FLUSH");
      expect(expectEntries(await log.read("start", ALL)).entries).toHaveLength(2);
    });

    it("does not take the time in which the process is busy for a silence of Redis", async () => {
      const { client, close } = await connect(server.port);
      const store = redisLogs({ client, timeout: 300 });
      onTestFinished(async () => {
        await store.close();
        close();
      });
      const log = store.open(randomUUID());
      await log.append([{ data: "a" }]);
      server.freeze(); // so that the answers come while the process is busy
      const answers = Promise.all([log.append([{ data: "b" }]), log.read("start", ALL)]);
      for (let turns = 0; turns < 3; turns++) await new Promise((sent) => setImmediate(sent));
      server.resume();
      for (const end = performance.now() + 600; performance.now() < end;);
      const [[id]] = await answers;
      expect(id).toMatch(/-2\./);
    });

    it("opens one connection, whatever the number of logs, and closes it", async () => {
      await expect.poll(() => connectionsOf(server)).toBe(0);
      const { client, close } = await connect(server.port);
      const store = redisLogs({ client, timeout: 25_000 });
      const logs = Array.from({ length: 10_000 }, (_, n) => store.open(`log ${n}`));
      const told = new Set<string>();
      await Promise.all(
        logs.map(async (log, n) => {
          await log.tail((news) => "entries" in news && told.add(`${n} ${news.entries[0]!.data}`));
        }),
      );
      expect(await connectionsOf(server)).toBe(2);
      await Promise.all([0, 9_999].map(async (n) => await logs[n]!.append([{ data: `of ${n}` }])));
      await until("the entries", () => told.size === 2);
      expect([...told].toSorted()).toEqual(["0 of 0", "9999 of 9999"]);
      await store.close();
      await expect.poll(() => connectionsOf(server)).toBe(1);
      close();
    });
  });

  const connect = CLIENTS["redis 6"]!;

  it("lets nothing wait for a log that was closed while it began to follow it", async () => {
    const { store } = await startNode(CLIENTS["ioredis 6"]!, server, { timeout: 60_000 });
    const followed = store.open(randomUUID());
    await followed.tail(() => {});
    for (const isConnected of [true, false]) {
      if (!isConnected) await followed.close();
      const log = store.open(randomUUID());
      const following = Promise.resolve(log.tail(() => {}));
      void log.close();
      const rejection = within("the rejection", following);
      await expect(rejection).rejects.toMatchObject({ code: "ERR_SSE_CHANNEL_CLOSED" });
    }
  });

  it("sends no command for a listener", async () => {
    const { store } = await startNode(connect, server, { checkInterval: 60_000 });
    const log = store.open(randomUUID());
    let told = 0;
    const listen = async (): Promise<void> => {
      for (let n = 0; n < 500; n++) await log.tail((news) => "entries" in news && told++);
    };
    const publish = async (): Promise<number> => {
      const before = await total(server);
      told = 0;
      const listeners = await log.append([{ data: "a" }]);
      await until("the listeners", () => told > 0 && listeners.length > 0);
      return (await total(server)) - before;
    };
    await log.tail(() => told++);
    await publish();
    const alone = await publish();
    const before = await total(server);
    await listen();
    expect((await total(server)) - before).toBe(0);
    expect(await publish()).toBe(alone);
    expect(told).toBe(501);
  });

  it("opens a long log with as many commands as a short one", async () => {
    const { store } = await startNode(connect, server, { checkInterval: 60_000 });
    const open = async (length: number): Promise<Map<string, number>> => {
      const log = store.open(randomUUID(), { events: Infinity, bytes: Infinity, age: Infinity });
      for (let n = 0; n < length; n += 500) {
        await log.append(Array.from({ length: 500 }, (_, i) => ({ data: String(n + i) })));
      }
      const before = await commandCounts(server);
      const tail = await log.tail(() => {});
      const read = expectEntries(await log.read({ after: tail.cursor }, ALL));
      expect(read.entries).toEqual([]);
      expect(expectEntries(await log.read("start", { events: 10, bytes: 1e6 })).entries).toHaveLength(10);
      const after = await commandCounts(server);
      return new Map([...after].map(([name, calls]) => [name, calls - (before.get(name) ?? 0)]));
    };
    expect(await open(50_000)).toEqual(await open(500));
  });

  it("leaves a finished log for `keep`, and nothing of it after that", async () => {
    const { store } = await startNode(connect, server, { prefix: "kept:" });
    const log = store.open("answer", { complete: true, keep: 300, maxBytes: 10_000 });
    await log.append([{ data: "a", idempotencyKey: "k" }]);
    await log.append([{ data: "bye", end: true }]);
    const keys = (): Promise<string> => server.command("KEYS kept:{0}:answer:[me01]");
    expect(await keys()).toContain("answer:e");
    await expect.poll(keys, { timeout: 3_000 }).toBe("*0\r\n");
  });

  it("keeps an unfinished log that a node has open", async () => {
    const { store } = await startNode(connect, server, { prefix: "open:" });
    const log = store.open("answer", { complete: true, keep: 50, maxBytes: 10_000 });
    await log.append([{ data: "a" }]);
    expect(Number((await server.command("PTTL open:{0}:answer:m")).slice(1))).toBeGreaterThan(500_000);
  });

  it("begins anew if Redis has evicted a part of it", async () => {
    const { store } = await startNode(connect, server, { prefix: "part:", checkInterval: 100 });
    const log = store.open("log");
    const news: unknown[] = [];
    await log.append([{ data: "a", idempotencyKey: "k" }]);
    await log.tail((item) => news.push(item));
    await server.command("DEL part:{0}:log:e");
    const [id] = await log.append([{ data: "a", idempotencyKey: "k" }]);
    await until("the listener to be told", () => news.length === 2);
    const entry: Partial<Entry> = { id: id! };
    expect(news).toMatchObject([{ reset: "new-log" }, { entries: [entry] }]);
  });

  it("follows a log for one handle while another one that has just begun to follow it is closed", async () => {
    const { store } = await startNode(connect, server);
    const key = randomUUID();
    const [closed, open] = [store.open(key), store.open(key)];
    const told: string[] = [];
    const tails = Promise.allSettled([
      closed.tail(() => {}),
      open.tail((news) => "entries" in news && told.push(news.entries[0]!.data)),
    ]);
    await closed.close();
    expect(await within("the tails", tails)).toMatchObject([
      { status: "rejected", reason: { code: "ERR_SSE_CHANNEL_CLOSED" } },
      { status: "fulfilled" },
    ]);
    await open.append([{ data: "a" }]);
    await until("the entry", () => told.length === 1);
  });

  it("tells its errors", async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown, { stage }: { stage: string }): void => void errors.push(stage, error);
    const node = await startNode(connect, server, { onError });
    const log = node.store.open(randomUUID());
    await log.tail((news) => {
      if ("entries" in news) throw new Error("of the listener");
    });
    await log.append([{ data: "a" }]);
    await until("the error of the listener", () => errors.length === 2);
    node.messages.cut();
    await until("the error of the messages", () => errors.length === 4);
    node.commands.cut();
    await until("the error of the commands", () => errors.length === 6);
    expect(errors.filter((_, n) => n % 2 === 0)).toEqual(["listener", "subscribe", "command"]);
  });
});

async function total(server: RedisServer): Promise<number> {
  const counts = await commandCounts(server);
  return [...counts.values()].reduce((sum, calls) => sum + calls, 0);
}
