import { describe, expect, it, onTestFinished } from "vitest";
import { startDeliveryServer } from "../../src/delivery/delivery-server.js";
import { RestlessReaders } from "../../src/delivery/restless-readers.js";
import { type Random, seededRandom } from "../../src/delivery/seeded-random.js";
import { slowest } from "../../src/delivery/slowest.js";
import { until } from "../../src/within.js";

const EVENTS = 100_000;
const READERS = 200;
const SEED = 20_260;
const LIMIT = 60_000;
// How far the publisher may be ahead of the last reader, a step more at most: so readers are cut while events are
// published on any machine.
const AHEAD = 3_000;
const STEP = 1_000;

describe("P4: 200 readers are cut inside events and come back while 100 000 events are published in bursts", () => {
  it(
    "each sees every event exactly once, in order, when the history has what it lacks",
    { timeout: 2 * LIMIT },
    async () => {
      const { readers, connections, state } = await publishToRestless({ history: 2 * AHEAD, away: 1_000 });

      expect(readers.flatMap(({ faults }) => faults)).toEqual([]);
      expect(readers.filter(({ received }) => received !== EVENTS)).toEqual([]);
      expect(readers.flatMap(({ holes }) => holes)).toEqual([]);
      expect(connections).toBeGreaterThan(10 * READERS);
      expect(state).toMatchObject({ published: EVENTS, resets: 0, errors: [] });
    },
  );

  it(
    "each is told of every hole by exactly one reset, when the history is small",
    { timeout: 2 * LIMIT },
    async () => {
      const history = 500;
      const { readers, connections, state } = await publishToRestless({ history, away: 4 * history });

      expect(readers.flatMap(({ faults }) => faults)).toEqual([]);
      expect(readers.filter(({ last }) => last !== EVENTS)).toEqual([]);
      const holes = readers.flatMap(({ holes }) => holes);
      expect(holes.length).toBeGreaterThan(READERS);
      expect(holes.filter(({ last }) => last > EVENTS + 1 - history)).toEqual([]);
      expect(connections).toBeGreaterThan(5 * READERS);
      expect(state).toMatchObject({ published: EVENTS, errors: [] });
      expect(state.resets).toBeGreaterThanOrEqual(holes.length);
    },
  );
});

async function publishToRestless({ history, away }: { history: number; away: number }) {
  const server = await startDeliveryServer({ history: { events: history }, dataBytes: 16 });
  const crowd = new RestlessReaders({ port: server.port, count: READERS, seed: SEED, away });
  onTestFinished(() => crowd.leave());
  const random = seededRandom(SEED - 1);
  for (let published = 0; published < EVENTS; ) {
    const turns = burstsOf(Math.min(STEP, EVENTS - published), random);
    await server.publish(turns);
    published += STEP;
    await until(`all are near ${published}`, () => slowest(crowd.all) > published - AHEAD, LIMIT);
  }
  await server.end();
  crowd.hurry();
  await until("the end", () => crowd.all.every(({ ended }) => ended), LIMIT);
  const state = await server.state();
  const connections = crowd.all.reduce((sum, reader) => sum + reader.connections, 0);
  return { readers: crowd.all, connections, state };
}

/** So many events, several in most turns and none in some. */
function burstsOf(events: number, random: Random): number[] {
  const turns: number[] = [];
  for (let left = events; left > 0; left -= turns.at(-1)!) {
    turns.push(random.chance(0.3) ? 0 : Math.min(left, random.between(1, random.between(1, 300))));
  }
  return turns;
}
