import { describe, expect, it, onTestFinished } from "vitest";
import { until } from "../support/within.js";
import { startDeliveryServer } from "./delivery-server.js";
import { RestlessReaders } from "./restless-readers.js";
import { seededRandom, type Random } from "./seeded-random.js";
import { untilAll } from "./until-all.js";

const SEED = 20_260;
const LIMIT = 60_000;
const STEP = 1_000;
const DATA_BYTES = 16;
// With its id and the names of the fields, about.
const EVENT_BYTES = DATA_BYTES + 32;

export interface ResumeScenario {
  /** The URL of the module of the log that answers later. Default: a `MemoryLog`. */
  readonly latentLog?: string;
  /** What its reads fail with now and then. */
  readonly errors?: readonly string[];
  readonly events: number;
  readonly readers: number;
}

/** P4 over sockets and Express, for a log. */
export function resumeContract(log: string, scenario: ResumeScenario): void {
  const { events, readers: count, errors = [] } = scenario;

  describe(`P4: ${count} readers of ${log} are cut inside events and come back while ${events} are published`, () => {
    it(
      "each sees every event exactly once, in order, within the history",
      { timeout: 4 * LIMIT },
      async () => {
        const { readers, connections, state } = await publishToRestless({
          ...scenario,
          history: 10_000,
          ahead: 2_500,
          away: 500,
          eventsAtOnce: events / 5,
        });

        expect(readers.flatMap(({ faults }) => faults)).toEqual([]);
        expect(new Set(readers.map(({ received }) => received))).toEqual(new Set([events]));
        expect(readers.flatMap(({ holes }) => holes)).toEqual([]);
        expect(connections).toBeGreaterThan(5 * count);
        expect(state).toMatchObject({ published: events, resets: 0 });
        expect(new Set(state.errors)).toEqual(new Set(errors));
      },
    );

    it(
      "each is told of every hole by exactly one reset, with a small history",
      { timeout: 4 * LIMIT },
      async () => {
        const history = 500;
        const { readers, state } = await publishToRestless({
          ...scenario,
          history,
          ahead: 12 * history,
          away: 10 * history,
          eventsAtOnce: events / 20,
        });

        expect(readers.flatMap(({ faults }) => faults)).toEqual([]);
        expect(new Set(readers.map(({ last }) => last))).toEqual(new Set([events]));
        const holes = readers.flatMap(({ holes }) => holes);
        expect(holes.length).toBeGreaterThan(count);
        // What is kept at last is in no hole; the end is an event of the log, too.
        expect(holes.filter(({ last }) => last > events + 1 - history)).toEqual([]);
        expect(state.published).toBe(events);
        expect(new Set(state.errors)).toEqual(new Set(errors));
        expect(state.resets).toBeGreaterThanOrEqual(holes.length);
      },
    );
  });
}

interface Publishing extends ResumeScenario {
  /** Number of events that are kept. */
  readonly history: number;
  /** How far the publisher is ahead of the last reader, at most: readers are cut while it publishes, on any machine. */
  readonly ahead: number;
  /** How many events a reader lets pass before it comes back, at most. */
  readonly away: number;
  /** How many events come before it is cut, at most. */
  readonly eventsAtOnce: number;
}

async function publishToRestless({
  latentLog,
  events,
  readers,
  history,
  ahead,
  away,
  eventsAtOnce,
}: Publishing) {
  const server = await startDeliveryServer({
    latentLog,
    history: { events: history },
    dataBytes: DATA_BYTES,
  });
  const cutWithin = eventsAtOnce * EVENT_BYTES;
  const crowd = new RestlessReaders({ port: server.port, count: readers, seed: SEED, cutWithin, away });
  onTestFinished(() => crowd.leave());
  const random = seededRandom(SEED - 1);
  for (let published = STEP; published <= events; published += STEP) {
    await server.publish(burstsOf(STEP, random));
    crowd.published(published);
    await untilAll(crowd.all, published + STEP - ahead, LIMIT);
  }
  await server.end();
  crowd.published(Infinity);
  await until("the end", () => crowd.all.every(({ ended, faults }) => ended || faults.length > 0), LIMIT);
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
