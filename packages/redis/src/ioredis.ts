import type { Connection, SubscriberEvents, Subscriber } from "./connection.js";

/** A client of the package `ioredis`, versions 5 and 6: `new Redis()` or `new Cluster()`. */
export interface IoredisClient {
  /** Sends a command. */
  call(command: string, ...args: string[]): Promise<unknown>;
  /** The state of the connection. */
  readonly status: string;
}

interface Duplicate {
  on(event: string, listener: (...args: never[]) => void): unknown;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  disconnect(): void;
}
interface Node {
  readonly options: { readonly keyPrefix?: string };
  duplicate(options: object): Duplicate;
}
interface Cluster {
  readonly isCluster?: boolean;
  nodes(role: "master"): Node[];
}

const SUBSCRIBER = {
  lazyConnect: false,
  enableOfflineQueue: true,
  enableReadyCheck: true,
  autoResubscribe: false, // its rejection would be unhandled
  maxRetriesPerRequest: null,
  // The clients of a cluster's servers do not connect again by themselves.
  retryStrategy: (attempts: number) => Math.min(attempts * 50, 2_000),
};

export function ioredisConnection(client: IoredisClient): Connection {
  const { isCluster = false, nodes } = client as unknown as Cluster;
  return {
    isCluster,
    send: (_key, [name, ...args]) => client.call(name!, ...args),
    openSubscriber(events) {
      if (!isCluster) return openSubscriber(client as unknown as Node, events);
      const masters = nodes.call(client, "master");
      return openSubscriber(masters[Math.floor(Math.random() * masters.length)], events);
    },
  };
}

function openSubscriber(source: Node | undefined, { message, ready, lost }: SubscriberEvents): Subscriber {
  if (source === undefined) {
    const error = new Error("The cluster is not connected");
    queueMicrotask(() => lost(error));
    return { subscribe: () => Promise.reject(error), unsubscribe: () => Promise.reject(error), close() {} };
  }
  // ioredis puts it before the names of keys and channels, and leaves it in the names that it tells.
  const { length } = source.options.keyPrefix ?? "";
  const client = source.duplicate(SUBSCRIBER);
  client.on("error", lost);
  client.on("close", () => lost(new Error("The connection for messages was closed")));
  client.on("ready", ready);
  client.on("message", (channel: string, text: string) => message(channel.slice(length), text));
  return {
    subscribe: (channels) => client.subscribe(...channels),
    unsubscribe: (channels) => client.unsubscribe(...channels),
    close: () => client.disconnect(),
  };
}
