import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { logContract, logStoreContract } from "../../conformance/src/log-contract.js";
import { startRedis, type RedisServer } from "../../conformance/src/support/start-redis.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { CLIENTS } from "./support/clients.js";
import { redisSubject, startNode } from "./support/redis-subject.js";

describe.skipIf(!systemProgram("redis-server"))("redisLogs with ioredis 6", () => {
  const connect = CLIENTS["ioredis 6"]!;
  let server: RedisServer;
  beforeAll(async () => void (server = await startRedis()));
  afterAll(() => server.remove());

  logContract(
    "ioredis 6",
    redisSubject(connect, () => server),
  );
  logStoreContract("ioredis 6", {
    create: async (history) =>
      (await startNode(connect, server, { prefix: randomUUID(), ...(history && { history }) })).store,
  });
});
