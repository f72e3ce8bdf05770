// @ts-check
import { connect } from "@nats-io/transport-node";
import { natsLogs } from "@ssekit/nats";
import { redisLogs } from "@ssekit/redis";
import { Redis } from "ioredis";

/** @typedef {{ kind: import("./start-broker.mjs").BrokerKind, url: string }} BrokerAddress */

/**
 * Connects to a broker and opens its logs.
 * @param {BrokerAddress} broker
 * @param {import("@ssekit/node").History} history what the logs keep
 * @param {number} timeout milliseconds for which a call waits. Long, so that nothing depends on the speed of the machine
 */
export async function openStore({ kind, url }, history, timeout = 60_000) {
  if (kind === "redis") {
    const client = new Redis(url);
    client.on("error", () => {}); // the store reports what matters
    const store = redisLogs({ client, history, timeout });
    const close = async () => {
      await store.close();
      client.disconnect();
    };
    return { store, close };
  }
  const connection = await connect({ servers: url, maxReconnectAttempts: -1 });
  const store = natsLogs({ connection, history, timeout });
  const close = async () => {
    await store.close();
    await connection.close();
  };
  return { store, close };
}
