import { randomUUID } from "node:crypto";
import type { EventLog, History, LogStore } from "@ssekit/core";
import { onTestFinished } from "vitest";
import type { LogSubject } from "../../../conformance/src/log-contract.js";
import { startForwarder, type Forwarder } from "../../../conformance/src/support/start-forwarder.js";
import type { RedisServer } from "../../../conformance/src/support/start-redis.js";
import { pause, until } from "../../../conformance/src/support/within.js";
import { redisLogs, type RedisLogsOptions } from "../../src/index.js";
import type { Connect } from "./clients.js";

/** A node of an app, whose connections to Redis can fail. */
export interface Node {
  readonly store: LogStore;
  /** The connection of the app's client. */
  readonly commands: Forwarder;
  /** The connection on which it hears of new entries. */
  readonly messages: Forwarder;
}

/** Connects a node with Redis. It is closed when the test finishes. */
export async function startNode(
  connect: Connect,
  server: RedisServer,
  options: Partial<RedisLogsOptions> = {},
): Promise<Node> {
  const commands = await startForwarder(server.port);
  const messages = await startForwarder(server.port);
  const { client, close } = await connect(commands.port, messages.port);
  const store = redisLogs({ client, timeout: 3_000, ...options });
  onTestFinished(async () => {
    await store.close();
    close();
    commands.close();
    messages.close();
  });
  return { store, commands, messages };
}

/** The logs of a Redis server, for the contract. */
export function redisSubject(connect: Connect, server: () => RedisServer): LogSubject {
  const opened = new WeakMap<EventLog, { node: Node; key: string; history: History | undefined }>();
  const open = async (key: string, history: History | undefined): Promise<EventLog> => {
    // Checks would find what the tests want to be lost.
    const node = await startNode(connect, server(), { checkInterval: 60_000 });
    const log = node.store.open(key, history);
    opened.set(log, { node, key, history });
    return log;
  };
  return {
    create: (history) => open(randomUUID(), history),
    another: (log) => open(opened.get(log)!.key, opened.get(log)!.history),
    async lose(log) {
      const { messages } = opened.get(log)!.node;
      messages.cut();
      await pause(150); // the node checks all positions when it notices
      return () => messages.forward();
    },
    replace: async () => void (await server().command("FLUSHALL")),
    goDown(log) {
      const { commands, messages } = opened.get(log)!.node;
      commands.cut();
      messages.cut();
      return async () => {
        await commands.forward();
        await messages.forward();
        await until("the log to be reachable", () => log.status !== "down");
      };
    },
  };
}
