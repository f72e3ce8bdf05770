import { randomUUID } from "node:crypto";
import { answersContract, type SharedStore } from "@ssekit/conformance";
import type { LogStore } from "@ssekit/core";
import { afterAll, beforeAll, describe } from "vitest";
import { startNats, type NatsServer } from "../../conformance/src/support/start-nats.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { startNode, type NatsNode } from "../../nats/test/support/nats-node.js";

describe.skipIf(!systemProgram("nats-server"))("on nats-server", () => {
  let server: NatsServer;
  beforeAll(async () => void (server = await startNats()));
  afterAll(() => server.stop());

  const create = (): SharedStore => {
    const nodes: NatsNode[] = [];
    const stream = `test-${randomUUID()}`;
    return {
      async connect(): Promise<LogStore> {
        const node = await startNode(server.port, { stream, timeout: 1_000 });
        nodes.push(node);
        return node.store;
      },
      goDown() {
        for (const { link } of nodes) link.cut();
        return () => nodes.forEach(({ link }) => link.restore());
      },
      loseAll: async () => void (await nodes[0]!.connection.request(`$JS.API.STREAM.DELETE.${stream}`)),
      async close() {
        for (const node of nodes) await node.close();
      },
    };
  };
  answersContract("natsLogs()", { create }, { goesDown: true, losesData: true });
});
