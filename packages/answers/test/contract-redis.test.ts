import { randomUUID } from "node:crypto";
import { answersContract, type SharedStore } from "@ssekit/conformance";
import type { LogStore } from "@ssekit/core";
import { afterAll, beforeAll, describe } from "vitest";
import { startRedis, type RedisServer } from "../../conformance/src/support/start-redis.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { CLIENTS } from "../../redis/test/support/clients.js";
import { startNode, type Node } from "../../redis/test/support/redis-subject.js";

describe.skipIf(!systemProgram("redis-server"))("on redis-server", () => {
  let server: RedisServer;
  beforeAll(async () => void (server = await startRedis()));
  afterAll(() => server.remove());

  const create = (): SharedStore => {
    const nodes: Node[] = [];
    const prefix = randomUUID();
    return {
      async connect(): Promise<LogStore> {
        const node = await startNode(CLIENTS["redis 6"]!, server, { prefix });
        nodes.push(node);
        return node.store;
      },
      goDown() {
        const links = nodes.flatMap(({ commands, messages }) => [commands, messages]);
        for (const link of links) link.cut();
        return () => links.forEach((link) => link.forward());
      },
      loseAll: async () => void (await server.command("FLUSHALL")),
    };
  };
  answersContract("redisLogs()", { create }, { goesDown: true, losesData: true });
});
