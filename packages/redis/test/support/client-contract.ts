import { randomUUID } from "node:crypto";
import type { LogStore } from "@ssekit/core";
import { afterAll, beforeAll, describe } from "vitest";
import { channelContract } from "../../../conformance/src/channel-contract.js";
import { logContract, logStoreContract } from "../../../conformance/src/log-contract.js";
import { startRedis, type RedisServer } from "../../../conformance/src/support/start-redis.js";
import { systemProgram } from "../../../conformance/src/support/system-program.js";
import { redisLogs } from "../../src/index.js";
import { CLIENTS, type Connected } from "./clients.js";
import { redisSubject, startNode } from "./redis-subject.js";

/**
 * The contracts with one version of a client.
 *
 * @param logsOnly for the older versions: stores and channels use nothing of a client that a log does not use.
 */
export function clientContract(name: string, { logsOnly = false } = {}): void {
  describe.skipIf(!systemProgram("redis-server"))(`redisLogs with ${name}`, () => {
    const connect = CLIENTS[name]!;
    let server: RedisServer;
    let connected: Connected;
    let store: LogStore;
    beforeAll(async () => {
      server = await startRedis();
      connected = await connect(server.port);
      store = redisLogs({ client: connected.client });
    });
    afterAll(async () => {
      await store.close();
      connected.close();
      await server.remove();
    });

    logContract(
      name,
      redisSubject(connect, () => server),
    );
    if (logsOnly) return;
    logStoreContract(name, {
      create: async (history) =>
        (await startNode(connect, server, { prefix: randomUUID(), ...(history && { history }) })).store,
    });
    channelContract(name, (history) => store.open(randomUUID(), history));
  });
}
