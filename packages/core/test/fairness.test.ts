import { afterEach, expect, it, vi } from "vitest";
import { createChannel, EventStreamServer } from "@ssekit/core";

const EVENTS = 500;
const CLIENTS = 100;
// The time that a filter takes for one entry, by the clock of the test.
const MS_PER_ENTRY = 0.05;
// One turn of the event loop may use the 10 ms of the budget twice: in its timers, and in work that began before them.
// In each case a few more entries are tested before the code looks at the clock.
const MOST_PER_TURN = 2 * (10 / MS_PER_ENTRY + 16);

afterEach(() => void vi.restoreAllMocks());

/** Counts the calls of filters in each turn of the event loop, by a clock that moves on with each call. */
function countTurns() {
  let now = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const turns = { asked: 0, most: 0, over: false };
  let before = 0;
  const turn = (): void => {
    turns.most = Math.max(turns.most, turns.asked - before);
    before = turns.asked;
    if (!turns.over) setImmediate(turn);
  };
  setImmediate(turn);
  const filter = (): boolean => {
    turns.asked++;
    now += MS_PER_ENTRY;
    return false;
  };
  return { turns, filter };
}

async function whenAsked(turns: { asked: number; over: boolean }, count: number): Promise<void> {
  // The wait is bounded by turns and not by time.
  for (let turn = 0; turn < 20_000 && turns.asked < count; turn++) {
    await new Promise((next) => setTimeout(next, 0));
  }
  await new Promise((next) => setImmediate(next));
  turns.over = true;
}

it("P16: many clients that resume through a filter which passes nothing take little time of each turn", async () => {
  const channel = createChannel({ history: { events: EVENTS, age: 1e9 } });
  for (let n = 0; n < EVENTS; n++) void channel.publish(`${n}`);
  const server = new EventStreamServer({ heartbeat: false });
  const { turns, filter } = countTurns();
  const responses = Array.from({ length: CLIENTS }, () =>
    server.respond(new Request("http://test/"), (stream) => {
      channel.subscribe(stream, { from: "start", filter });
    }),
  );
  await Promise.all(responses);
  await whenAsked(turns, EVENTS * CLIENTS);
  expect(turns.asked).toBe(EVENTS * CLIENTS);
  expect(turns.most).toBeLessThanOrEqual(MOST_PER_TURN);
  await channel.close();
});

it("P16: an event for many live clients with filters is spread over turns and calls each filter once", async () => {
  const channel = createChannel();
  const server = new EventStreamServer({ heartbeat: false });
  const { turns, filter } = countTurns();
  for (let n = 0; n < 1_000; n++) {
    await server.respond(new Request("http://test/"), (stream) => {
      channel.subscribe(stream, { filter });
    });
  }
  await new Promise((next) => setTimeout(next, 0));
  for (let n = 0; n < 5; n++) void channel.publish(`${n}`);
  await whenAsked(turns, 5_000);
  expect(turns.asked).toBe(5_000);
  expect(turns.most).toBeLessThanOrEqual(MOST_PER_TURN);
  await channel.close();
});
