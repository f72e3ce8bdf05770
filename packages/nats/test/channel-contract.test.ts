import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { channelContract } from "../../conformance/src/channel-contract.js";
import { startNats, type NatsServer } from "../../conformance/src/support/start-nats.js";
import { systemProgram } from "../../conformance/src/support/system-program.js";
import { startNode, type NatsNode } from "./support/nats-node.js";

describe.skipIf(!systemProgram("nats-server"))("on nats-server", () => {
  let server: NatsServer;
  let node: NatsNode;
  beforeAll(async () => {
    server = await startNats();
    node = await startNode(server.port);
  });
  afterAll(async () => {
    await node.close();
    await server.stop();
  });

  channelContract("a log of natsLogs()", (history) => node.store.open(randomUUID(), history));
});
