import { randomUUID } from "node:crypto";
import type { EventLog, History, LogStore } from "@ssekit/core";
import type { LogSubject, LogStoreSubject } from "../../../conformance/src/log-contract.js";
import type { NatsServer } from "../../../conformance/src/support/start-nats.js";
import { onTestFinished } from "vitest";
import { startNode, type NatsNode } from "./nats-node.js";

const KEY = "a log: *.> ü";
// Longer than a test, so that only what a node notices itself makes it look for messages that it has not heard.
const options = { checkInterval: 20_000, timeout: 2_000 };

/** Logs on a server, each in a stream of its own, for the contract of a log. */
export function natsSubject(server: () => NatsServer): LogSubject {
  const origins = new WeakMap<EventLog, { node: NatsNode; stream: string; history: History | undefined }>();
  const open = async (stream: string, history: History | undefined): Promise<EventLog> => {
    const node = await startNode(server().port, { ...options, stream });
    onTestFinished(() => node.close());
    const log = node.store.open(KEY, history);
    origins.set(log, { node, stream, history });
    return log;
  };
  const originOf = (log: EventLog) => origins.get(log)!;
  return {
    create: (history) => open(newStream(), history),
    another: (log) => open(originOf(log).stream, originOf(log).history),
    lose: (log) => originOf(log).node.lose(),
    replace: async (log) => {
      const { node, stream } = originOf(log);
      await node.connection.request(`$JS.API.STREAM.DELETE.${stream}`);
    },
    goDown: (log) => {
      const { link } = originOf(log).node;
      link.cut();
      return () => link.restore();
    },
  };
}

export function natsStoreSubject(server: () => NatsServer): LogStoreSubject {
  return {
    create: async (history): Promise<LogStore> => {
      const node = await startNode(server().port, {
        ...options,
        stream: newStream(),
        ...(history && { history }),
      });
      onTestFinished(() => node.close());
      return node.store;
    },
  };
}

function newStream(): string {
  return `test-${randomUUID()}`;
}
