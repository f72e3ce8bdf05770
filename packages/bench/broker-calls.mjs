// @ts-check
import { Redis } from "ioredis";

/** These commands are of whoever counts, and of clients that connect. */
const NOT_COUNTED = ["info", "hello", "client", "auth", "select", "config"];

/**
 * How many requests a broker has received since it was started: commands of Redis, or messages to NATS. Of Redis it
 * also counts the commands that scripts call.
 * @param {import("./start-broker.mjs").Broker} broker
 * @returns {Promise<Record<string, number>>} by the kind of request
 */
export async function brokerCalls(broker) {
  if (broker.kind === "nats") {
    const response = await fetch(`${broker.monitor()}/varz`);
    const { in_msgs: messages } = /** @type {{ in_msgs: number }} */ (await response.json());
    return { messages };
  }
  const client = new Redis(broker.url);
  try {
    const stats = await client.info("commandstats");
    const calls = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
      ([, command = "", count]) => /** @type {const} */ ([command.replace(/\|.*/, ""), Number(count)]),
    );
    return Object.fromEntries(calls.filter(([command]) => !NOT_COUNTED.includes(command)));
  } finally {
    client.disconnect();
  }
}
