import { Cluster as Cluster6, Redis as Ioredis6 } from "ioredis";
import { Cluster as Cluster5, Redis as Ioredis5 } from "ioredis5";
import { createClient as createClient6, createCluster as createCluster6 } from "redis";
import { createClient as createClient5, createCluster as createCluster5 } from "redis5";
import type { RedisClient } from "../../src/index.js";

/** A connected client of one of the libraries. */
export interface Connected {
  client: RedisClient;
  close(): void;
}

/** Connects to a port. The client's duplicates connect to another one, if that is given. */
export type Connect = (port: number, duplicatesTo?: number) => Promise<Connected>;

const host = "127.0.0.1";

const nodeRedis =
  (create: typeof createClient6): Connect =>
  async (port, duplicatesTo = port) => {
    const client = create({ socket: { host, port } });
    client.on("error", () => {});
    client.duplicate = (() => create({ socket: { host, port: duplicatesTo } })) as never;
    await client.connect();
    return { client, close: () => client.destroy() };
  };

const ioredis =
  (Redis: typeof Ioredis6): Connect =>
  async (port, duplicatesTo = port) => {
    const client = new Redis({ host, port });
    client.on("error", () => {});
    client.duplicate = ((options: object) => new Redis({ host, port: duplicatesTo, ...options })) as never;
    return { client, close: () => client.disconnect() };
  };

export const CLIENTS: Record<string, Connect> = {
  "redis 6": nodeRedis(createClient6),
  "redis 5": nodeRedis(createClient5 as never),
  "ioredis 6": ioredis(Ioredis6),
  "ioredis 5": ioredis(Ioredis5 as never),
};

/** Connects to a cluster of which these are ports. */
export type ConnectCluster = (ports: readonly number[]) => Promise<Connected>;

const nodeRedisCluster =
  (create: typeof createCluster6): ConnectCluster =>
  async (ports) => {
    const client = create({ rootNodes: ports.map((port) => ({ socket: { host, port } })) });
    client.on("error", () => {});
    await client.connect();
    return { client, close: () => client.destroy() };
  };

const ioredisCluster =
  (Cluster: typeof Cluster6): ConnectCluster =>
  async (ports) => {
    const client = new Cluster(ports.map((port) => ({ host, port })));
    client.on("error", () => {});
    await new Promise((ready) => client.once("ready", ready as () => void));
    return { client, close: () => client.disconnect() };
  };

export const CLUSTER_CLIENTS: Record<string, ConnectCluster> = {
  "redis 6": nodeRedisCluster(createCluster6),
  "redis 5": nodeRedisCluster(createCluster5 as never),
  "ioredis 6": ioredisCluster(Cluster6),
  "ioredis 5": ioredisCluster(Cluster5 as never),
};
