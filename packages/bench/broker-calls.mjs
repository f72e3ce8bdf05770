// @ts-check
import { Redis } from "ioredis";

/**
 * How many requests for logs a broker has received since it was started. For Redis these are the scripts, because a store
 * sends nothing else. What a script calls is not counted. For NATS these are all messages from clients.
 * @param {import("./start-broker.mjs").Broker} broker
 */
export async function brokerCalls(broker) {
  if (broker.kind === "nats") {
    const response = await fetch(`${broker.monitor()}/varz`);
    return /** @type {{ in_msgs: number }} */ (await response.json()).in_msgs;
  }
  const client = new Redis(broker.url);
  try {
    const stats = await client.info("commandstats");
    const scripts = stats.matchAll(/^cmdstat_(?:eval|evalsha):calls=(\d+)/gm);
    return [...scripts].reduce((sum, [, calls]) => sum + Number(calls), 0);
  } finally {
    client.disconnect();
  }
}
