// @ts-check
// Publishes on a channel whose log a broker keeps, or stores the same data with the broker's own client.
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { createChannel } from "@ssekit/node";
import { Redis } from "ioredis";
import { message } from "./message.mjs";
import { openStore } from "./open-store.mjs";
import { serve } from "./rpc.mjs";

/** The number of callers, and of channels. */
const MANY = 100;
/** How many events a log keeps. */
const KEPT = 10_000;
/** @type {import("./open-store.mjs").BrokerAddress} */
const broker = JSON.parse(process.argv[2] ?? "{}");
const data = JSON.stringify(message(1, 300));

const { store: logs } = await openStore(broker, { history: { events: KEPT } });
const channels = Array.from({ length: MANY }, (_, i) => createChannel({ log: logs.open(`bench ${i}`) }));

/** @param {number} channel */
const publish = (channel) =>
  /** @type {import("@ssekit/node").Channel} */ (channels[channel]).publish({ event: "tick", data });

/**
 * Ways to store events, with how many are stored by one call. The argument is the number of the caller.
 * @type {Record<string, { events: number, store(caller: number): Promise<unknown> }>}
 */
const ways = {
  one: { events: 1, store: () => publish(0) },
  group: { events: 10, store: () => Promise.all(Array.from({ length: 10 }, () => publish(0))) },
  many: { events: 1, store: publish },
  bare: { events: 1, store: await bareWay() },
};

/** Stores the same data without ssekit. @returns {Promise<() => Promise<unknown>>} */
async function bareWay() {
  if (broker.kind === "redis") {
    const client = new Redis(broker.url);
    return () => client.xadd("bare", "MAXLEN", "~", KEPT, "*", "event", "tick", "data", data);
  }
  const connection = await connect({ servers: broker.url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "bare", subjects: ["bare"], max_msgs: KEPT });
  const stream = jetstream(connection);
  return () => stream.publish("bare", data);
}

serve({
  /**
   * Lets `MANY` callers store events for some time. Each goes on when its last events are acknowledged.
   * Returns how many were stored, and how many per second.
   * @param {{ way: string, seconds: number }} options
   */
  async store({ way, seconds }) {
    const { events, store } = /** @type {{ events: number, store(caller: number): Promise<unknown> }} */ (
      ways[way]
    );
    const start = performance.now();
    let stored = 0;
    const call = async (/** @type {number} */ caller) => {
      for (; performance.now() < start + seconds * 1_000; stored += events) await store(caller);
    };
    await Promise.all(Array.from({ length: MANY }, (_, caller) => call(caller)));
    return { stored, perSecond: stored / ((performance.now() - start) / 1_000) };
  },
});
