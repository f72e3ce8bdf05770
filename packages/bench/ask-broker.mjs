// @ts-check
import { Redis } from "ioredis";

/** @typedef {import("./start-broker.mjs").Broker} Broker */

/**
 * How many requests for logs a broker has received since it was started. For Redis these are the scripts, because a store
 * sends nothing else. What a script calls is not counted. For NATS these are all messages from clients.
 * @param {Broker} broker
 */
export async function brokerCalls(broker) {
  if (broker.kind === "nats") return (await askNats(broker)).in_msgs;
  const stats = await askRedis(broker, "commandstats");
  const scripts = stats.matchAll(/^cmdstat_(?:eval|evalsha):calls=(\d+)/gm);
  return [...scripts].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

/**
 * How many connections to a broker are open.
 * @param {Broker} broker
 */
export async function brokerConnections(broker) {
  if (broker.kind === "nats") return (await askNats(broker)).connections;
  const clients = await askRedis(broker, "clients");
  return Number(/^connected_clients:(\d+)/m.exec(clients)?.[1]) - 1; // without the one that asks
}

/** @param {Broker} broker @returns {Promise<{ in_msgs: number, connections: number }>} */
async function askNats(broker) {
  const response = await fetch(`${broker.monitor()}/varz`);
  return /** @type {any} */ (await response.json());
}

/** @param {Broker} broker @param {string} section */
async function askRedis(broker, section) {
  const client = new Redis(broker.url);
  try {
    return await client.info(section);
  } finally {
    client.disconnect();
  }
}
