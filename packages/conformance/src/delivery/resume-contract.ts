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
// Approximately, with the id and the names of the fields.
const EVENT_BYTES = DATA_BYTES + 32;

export interface ResumeScenario {
  /** The URL of the module with `LatentLog`. Default: a `MemoryLog` is used. */
  readonly latentLog?: string;
  /** The messages of the errors with which some reads fail. */
  readonly errors?: readonly string[];
  readonly events: number;
  readonly readers: number;
}

/** P4 for a log, over sockets and Express. */
export function resumeContract(log: string, scenario: ResumeScenario): void {
  const { events, readers: count, errors = [] } = scenario;

  describe(`P4: ${count} readers of ${log} disconnect inside events and reconnect while ${events} are published`, () => {
    it(
      "each reader gets every event exactly once, in order, within the history",
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
      "each reader gets exactly one reset for every hole, with a small history",
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
        // The events that are kept in the end are in no hole. The end of the log counts as an event, too.
        expect(holes.filter(({ last }) => last > events + 1 - history)).toEqual([]);
        expect(state.published).toBe(events);
        expect(new Set(state.errors)).toEqual(new Set(errors));
        expect(state.resets).toBeGreaterThanOrEqual(holes.length);
      },
    );
  });
}

interface Publishing extends ResumeScenario {
  /** Number of events that the log keeps. */
  readonly history: number;
  /** How many events the publisher is ahead of the slowest reader, at most. So readers are cut during publishing. */
  readonly ahead: number;
  /** After how many events a reader reconnects, at most. */
  readonly away: number;
  /** After how many events a reader cuts its connection, at most. */
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

/** Splits a number of events into random bursts, some of which are empty. */
function burstsOf(events: number, random: Random): number[] {
  const turns: number[] = [];
  for (let left = events; left > 0; left -= turns.at(-1)!) {
    turns.push(random.chance(0.3) ? 0 : Math.min(left, random.between(1, random.between(1, 300))));
  }
  return turns;
}
