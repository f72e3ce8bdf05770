import type { Connection, Subscriber, SubscriberEvents } from "./connection.js";

/** A client of the package `redis`, versions 5 and 6: `createClient()`. */
export interface NodeRedisClient {
  /** Sends a command. */
  sendCommand(args: string[], options?: object): Promise<unknown>;
  /** Makes another client with the options of this one. */
  duplicate(): unknown;
  /** Whether the client is connected, or is connecting. */
  readonly isOpen: boolean;
}

/** A client of a Redis Cluster of the package `redis`, versions 5 and 6: `createCluster()`. */
export interface NodeRedisCluster {
  /** Sends a command to the server that has the key. */
  sendCommand(firstKey: string, isReadonly: boolean, args: string[], options?: object): Promise<unknown>;
  /** The servers that can be written to. */
  readonly masters: readonly object[];
}

interface Duplicate {
  on(event: string, listener: (error?: unknown) => void): unknown;
  connect(): Promise<unknown>;
  subscribe(
    channels: readonly string[],
    listener: (message: string, channel: string) => void,
  ): Promise<unknown>;
  unsubscribe(channels: readonly string[]): Promise<unknown>;
  destroy(): void;
}
interface NodeClient {
  duplicate(options: object): Duplicate;
}
interface Nodes extends NodeRedisCluster {
  nodeClient(node: object): NodeClient | Promise<NodeClient>;
}

// The app may have asked for other types of replies, such as buffers.
const PLAIN = { typeMapping: {} };

export function nodeRedisConnection(client: NodeRedisClient): Connection {
  return {
    isCluster: false,
    send: (_key, command) => client.sendCommand([...command], PLAIN),
    openSubscriber: (events) => openSubscriber(() => client as unknown as NodeClient, events),
  };
}

export function nodeRedisClusterConnection(cluster: NodeRedisCluster): Connection {
  return {
    isCluster: true,
    send: (key, command) => cluster.sendCommand(key, false, [...command], PLAIN),
    openSubscriber(events) {
      const { masters } = cluster;
      const node = masters[Math.floor(Math.random() * masters.length)];
      return openSubscriber(() => node && (cluster as Nodes).nodeClient(node), events);
    },
  };
}

function openSubscriber(
  findSource: () => NodeClient | Promise<NodeClient> | undefined,
  { message, ready, lost }: SubscriberEvents,
): Subscriber {
  const hear = (text: string, channel: string): void => message(channel, text);
  let closed = false;
  const opening = (async () => {
    const source = await findSource();
    if (source === undefined) throw new Error("The cluster is not connected");
    const client = source.duplicate({ disableOfflineQueue: false });
    client.on("error", lost);
    client.on("end", lost);
    client.on("ready", ready);
    if (!closed) client.connect().catch(lost);
    return client;
  })();
  opening.catch(lost);
  return {
    subscribe: async (channels) => (await opening).subscribe(channels, hear),
    unsubscribe: async (channels) => (await opening).unsubscribe(channels),
    close() {
      closed = true;
      opening.then((client) => client.destroy()).catch(() => {}); // it was not connected
    },
  };
}
