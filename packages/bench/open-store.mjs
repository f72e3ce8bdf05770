// @ts-check
import { connect } from "@nats-io/transport-node";
import { natsLogs } from "@ssekit/nats";
import { redisLogs } from "@ssekit/redis";
import { Redis } from "ioredis";

/** @typedef {{ kind: import("./start-broker.mjs").BrokerKind, url: string }} BrokerAddress */

/**
 * Connects to a broker and opens its logs.
 * @param {BrokerAddress} broker
 * @param {object} options
 * @param {import("@ssekit/node").History} options.history what the logs keep
 * @param {number} [options.timeout] milliseconds. Long by default, so that nothing depends on the speed of the machine
 * @param {(error: unknown) => void} [options.onError]
 */
export async function openStore({ kind, url }, { history, timeout = 60_000, onError = console.error }) {
  if (kind === "redis") {
    const client = new Redis(url);
    client.on("error", () => {}); // the store reports what matters
    const store = redisLogs({ client, history, timeout, onError });
    const close = async () => {
      await store.close();
      client.disconnect();
    };
    return { store, close };
  }
  const connection = await connect({ servers: url, maxReconnectAttempts: -1 });
  const store = natsLogs({ connection, history, timeout, onError });
  const close = async () => {
    await store.close();
    await connection.close();
  };
  return { store, close };
}
