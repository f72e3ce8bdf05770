import { describe, expect, it, onTestFinished } from "vitest";
import { openStore } from "../../../bench/open-store.mjs";
import type { BrokerKind } from "../../../bench/start-broker.mjs";
import { seededRandom } from "../delivery/seeded-random.js";
import { until, within } from "../support/within.js";
import { ClusterClient } from "./cluster-client.js";
import { startNodes } from "./cluster-node.js";
import { EventNames } from "./event-names.js";
import { findDifference } from "./find-difference.js";
import { Publishers } from "./publishers.js";
import { readLog } from "./read-log.js";
import { startBalancer } from "./start-balancer.js";
import { isMissing, startTestBroker } from "./start-test-broker.js";

const SEED = 20_261;
const NODES = 3;
const CLIENTS = 50;
const EVENTS = 20_000;
const KILL_EVERY = 2_000;
/** How many events the publishers are ahead of the slowest client, at most. So nodes are killed while clients read. */
const AHEAD = 3_000;
const HISTORY = { events: 2 * EVENTS, bytes: 64 << 20, age: 3_600_000 };
const LIMIT = 300_000;

/** P5 for a broker. */
export function clusterResumeContract(kind: BrokerKind): void {
  describe.skipIf(isMissing(kind))(`P5: ${NODES} nodes share a log on ${kind}, and nodes are killed`, () => {
    it(
      "each client gets every event of the log exactly once, in order, and each event was stored once",
      { timeout: LIMIT + 60_000 },
      async () => {
        const random = seededRandom(SEED);
        const broker = await startTestBroker(kind);
        const nodes = await startNodes(NODES, { broker, history: HISTORY });
        const port = await startBalancer(nodes);
        const names = new EventNames();
        const clients = Array.from({ length: CLIENTS }, () => {
          return new ClusterClient({
            port,
            names,
            leaveAfter: () => random.between(1, EVENTS / 2),
            comeBackAfter: () => random.between(1, 200),
          });
        });
        onTestFinished(() => clients.forEach((client) => client.leave()));
        for (const client of clients) client.connect();

        const slowest = (): number => Math.min(...clients.map(({ received }) => received.length));
        const publishers = new Publishers({
          nodes,
          first: 1,
          last: EVENTS,
          inFlight: 5, // so that a node has stored something that it has not acknowledged when it is killed
          batch: () => random.between(1, random.between(1, 60)),
          mayPublish: (number) => number < slowest() + AHEAD,
        });
        publishers.done.catch(() => {}); // awaited below
        for (let events = KILL_EVERY; events < EVENTS; events += KILL_EVERY) {
          await Promise.race([
            publishers.done,
            until(`${events} events`, () => publishers.acknowledged >= events, LIMIT),
          ]);
          const node = nodes[random.between(0, NODES - 1)]!;
          await node.kill();
          await node.start();
        }
        await within("the last event", publishers.done, LIMIT);

        const { store, close } = await openStore(broker, { history: HISTORY });
        onTestFinished(close);
        const log = await readLog(store.open("feed"));
        await until("the last event is at every client", () => slowest() >= log.length, LIMIT);
        expect(clients.flatMap(({ faults }) => faults)).toEqual([]);
        for (const client of clients) expect(findDifference(client, log, names)).toBeUndefined();
        const numbers = log.map((name) => Number(name.split(" ")[1])).toSorted((a, b) => a - b);
        expect(numbers).toEqual(Array.from({ length: EVENTS }, (_, i) => i + 1));
        expect(publishers.repeated).toBeGreaterThan(0);
        const connections = clients.reduce((sum, client) => sum + client.connections, 0);
        expect(connections).toBeGreaterThan(3 * CLIENTS);
      },
    );
  });
}
