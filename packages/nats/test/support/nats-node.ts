import type { Msg, NatsConnection, Status } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { natsLogs, type NatsLogsOptions } from "@ssekit/nats";
import type { LogStore } from "@ssekit/core";
import { within } from "../../../conformance/src/support/within.js";
import { startLink, type TcpLink } from "./tcp-link.js";

/** A node: a connection of its own, through a TCP proxy of its own, and a store. */
export interface NatsNode {
  readonly connection: NatsConnection;
  readonly link: TcpLink;
  readonly store: LogStore;
  readonly errors: unknown[];
  /** Drops the live messages of this node. Returns a function that ends this, as a client does when it reconnects. */
  lose(): () => void;
  close(): Promise<void>;
}

export async function startNode(
  port: number,
  options: Omit<NatsLogsOptions, "connection"> = {},
): Promise<NatsNode> {
  const link = await startLink(port);
  const connection = await connect({
    servers: `127.0.0.1:${link.port}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
    reconnectJitter: 10,
    pingInterval: 1_000,
    maxPingOut: 3,
    timeout: 2_000,
  });
  const errors: unknown[] = [];
  const lossy = lossyConnection(connection);
  const store = natsLogs({
    connection: lossy.connection,
    onError: (error) => void errors.push(error),
    ...options,
  });
  return {
    connection,
    link,
    store,
    errors,
    lose: lossy.lose,
    close: async () => {
      await within("close() of the store", store.close());
      await within("close() of the connection", connection.close());
      await within("close() of the link", link.close());
    },
  };
}

/** A connection whose live messages can be dropped, without any effect on its requests. */
function lossyConnection(connection: NatsConnection): { connection: NatsConnection; lose(): () => void } {
  let isLosing = false;
  const listeners = new Set<(status: Status) => void>();
  const lossy = Object.create(connection) as NatsConnection;
  for (const name of ["request", "requestMany", "publish", "isClosed"] as const) {
    Object.defineProperty(lossy, name, { value: (connection[name] as () => unknown).bind(connection) });
  }
  Object.defineProperty(lossy, "info", { get: () => connection.info });
  lossy.subscribe = (subject, options = {}) => {
    const { callback } = options;
    if (callback === undefined) return connection.subscribe(subject, options);
    return connection.subscribe(subject, {
      ...options,
      callback: (error: Error | null, message: Msg) => {
        if (!isLosing) void callback(error, message);
      },
    });
  };
  lossy.status = () => ({
    [Symbol.asyncIterator]: async function* () {
      const news: Status[] = [];
      let wake = (): void => {};
      const push = (status: Status): void => {
        news.push(status);
        wake();
      };
      listeners.add(push);
      void (async () => {
        for await (const status of connection.status()) push(status);
      })();
      for (;;) {
        while (news.length > 0) yield news.shift()!;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  });
  const lose = (): (() => void) => {
    isLosing = true;
    return () => {
      isLosing = false;
      for (const listener of listeners) listener({ type: "reconnect", server: "" });
    };
  };
  return { connection: lossy, lose };
}
