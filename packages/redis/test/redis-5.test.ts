import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { logContract, logStoreContract } from "../../conformance/src/log-contract.js";
import { startRedis, type RedisServer } from "../../conformance/src/support/start-redis.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { CLIENTS } from "./support/clients.js";
import { redisSubject, startNode } from "./support/redis-subject.js";

describe.skipIf(!systemProgram("redis-server"))("redisLogs with redis 5", () => {
  const connect = CLIENTS["redis 5"]!;
  let server: RedisServer;
  beforeAll(async () => void (server = await startRedis()));
  afterAll(() => server.remove());

  logContract(
    "redis 5",
    redisSubject(connect, () => server),
  );
  logStoreContract("redis 5", {
    create: async (history) =>
      (await startNode(connect, server, { prefix: randomUUID(), ...(history && { history }) })).store,
  });
});
