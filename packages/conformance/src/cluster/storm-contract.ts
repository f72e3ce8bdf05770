import { describe, expect, it, onTestFinished } from "vitest";
import { brokerCalls } from "../../../bench/ask-broker.mjs";
import { openStore } from "../../../bench/open-store.mjs";
import type { BrokerKind } from "../../../bench/start-broker.mjs";
import { seededRandom } from "../delivery/seeded-random.js";
import { until, within } from "../support/within.js";
import { ClusterClient } from "./cluster-client.js";
import { startNodes, type ClusterNode } from "./cluster-node.js";
import { EventNames } from "./event-names.js";
import { findDifference } from "./find-difference.js";
import { Publishers } from "./publishers.js";
import { readLog } from "./read-log.js";
import { isMissing, startTestBroker } from "./start-test-broker.js";

const SEED = 20_262;
const NODES = 2;
/** More than a node's window holds. */
const EVENTS = 1_500;
/** How many events a node keeps. */
const WINDOW = 1_000;
/** How many of the newest events most clients lack. */
const RECENT = 200;
/** How many events are published while the clients come back. */
const MEANWHILE = 40;
const FEW = 500;
const MANY = 5_000;
const HISTORY = { events: 20_000, age: 3_600_000 };
const LIMIT = 120_000;

/** A storm of clients that come back at once, for a broker. */
export function stormContract(kind: BrokerKind): void {
  describe.skipIf(isMissing(kind))(`a storm on ${NODES} nodes that share a log on ${kind}`, () => {
    it.each([
      { nodes: "that have the newest events", restarted: false },
      { nodes: "that were just started", restarted: true },
    ])(
      `${MANY} clients come back at once to nodes $nodes: each gets every event once, and the broker is asked as often as for ${FEW} clients`,
      { timeout: 2 * LIMIT },
      async ({ restarted }) => {
        const few = await countCalls(kind, FEW, restarted);
        const many = await countCalls(kind, MANY, restarted);
        // Nodes also ask once a second, and a storm of more clients takes longer.
        expect(many - few).toBeLessThan((MANY - FEW) / 10);
      },
    );
  });
}

/** Lets clients come back at once. Returns how many requests the broker received from the first client to the last event. */
async function countCalls(kind: BrokerKind, count: number, restarted: boolean): Promise<number> {
  const random = seededRandom(SEED);
  const broker = await startTestBroker(kind);
  const nodes = await startNodes(NODES, { broker, history: HISTORY });
  const names = new EventNames();
  const connect = (node: ClusterNode, lastEventId?: string): ClusterClient => {
    const client = new ClusterClient({
      port: node.port!,
      names,
      ...(lastEventId !== undefined && { lastEventId }),
      comeBackAfter: () => random.between(1, 200),
    });
    onTestFinished(() => client.leave());
    client.connect();
    return client;
  };
  // A node keeps the newest events while it has a client.
  const first = nodes.map((node) => connect(node));
  await new Publishers({ nodes, first: 1, last: EVENTS, batch: () => 25 }).done;
  await until("the first clients are caught up", () =>
    first.every(({ received }) => received.length >= EVENTS),
  );
  const { store, close } = await openStore(broker, { history: HISTORY });
  onTestFinished(close);
  const log = store.open("feed");
  const before = await readLog(log);
  if (restarted) {
    await Promise.all(nodes.map((node) => node.kill()));
    for (const client of first.splice(0)) client.leave();
    await Promise.all(nodes.map((node) => node.start()));
  }

  const callsBefore = await brokerCalls(broker);
  const storm = Array.from({ length: count }, (_, i) => {
    const missing = random.chance(0.9) ? random.between(1, RECENT) : random.between(WINDOW, EVENTS - 1);
    const position = EVENTS - missing;
    const client = connect(nodes[i % NODES]!, before[position - 1]!.split(" ")[0]);
    return { client, position };
  });
  const meanwhile = new Publishers({ nodes, first: EVENTS + 1, last: EVENTS + MEANWHILE, batch: () => 1 });
  await within("the events that are published meanwhile", meanwhile.done, LIMIT);
  const total = EVENTS + MEANWHILE;
  const isCaughtUp = ({ client, position }: (typeof storm)[number]): boolean =>
    client.received.length >= total - position || client.faults.length > 0;
  await until(`all ${count} clients are caught up`, () => storm.every(isCaughtUp), LIMIT);
  const callsAfter = await brokerCalls(broker);

  const entries = await readLog(log);
  expect(entries).toHaveLength(total);
  expect(storm.flatMap(({ client }) => client.faults)).toEqual([]);
  for (const { client, position } of storm) {
    expect(findDifference(client, entries.slice(position), names)).toBeUndefined();
  }
  for (const node of nodes) expect((await node.state()).errors).toEqual([]);
  for (const { client } of storm) client.leave();
  return callsAfter - callsBefore;
}
