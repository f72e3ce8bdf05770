import { expect, it, onTestFinished } from "vitest";
import { startDeliveryServer } from "../../src/delivery/delivery-server.js";
import { LogReader } from "../../src/delivery/log-reader.js";
import { watchMemory } from "../../src/delivery/watch-memory.js";
import { until } from "../../src/within.js";

const MB = 1 << 20;
const EVENTS = 2_000;
const EVENT_BYTES = 8 * 1024;
const BURST = 4;
const GOING_ON = 200;
const STOPPED = 50;
const FOR_EVER = 10;
const LIMIT = 30_000;
// How far the publisher may be ahead of the last of those that go on.
const AHEAD = 200;

it(
  "P7: 50 readers that stop reading cost bounded memory and delay no one; they read again and get everything, or are cut",
  { timeout: 4 * LIMIT },
  async () => {
    const maxBufferedBytes = 128 * 1024;
    const historyBytes = EVENTS * (EVENT_BYTES + 64);
    const server = await startDeliveryServer({
      history: { events: EVENTS, bytes: historyBytes },
      dataBytes: EVENT_BYTES,
      stream: { maxBufferedBytes },
    });
    const buffer = Buffer.alloc(256 * 1024);
    const start = (count: number, path: string, onRead?: () => boolean) =>
      Array.from({ length: count }, () => {
        const reader = new LogReader({ port: server.port, path, buffer, onRead });
        onTestFinished(() => reader.cut());
        reader.connect();
        return reader;
      });
    const goingOn = start(GOING_ON, "/feed");
    // They read the head and no more, so that their receive buffer stays as small as it begins.
    let readAgain = false;
    const stopping = start(STOPPED - FOR_EVER, "/feed", () => readAgain);
    const stoppedForEver = start(FOR_EVER, "/feed?stallTimeout=1000", () => readAgain);
    const all = [...goingOn, ...stopping, ...stoppedForEver];
    await untilState("all are subscribed", ({ subscribers }) => subscribers === GOING_ON + STOPPED);

    const before = await server.memory();
    const watch = watchMemory(server);
    for (let published = 0; published < EVENTS; ) {
      await server.publish([BURST, BURST, 0, BURST, BURST, 0, BURST]);
      published += 5 * BURST;
      await until(`those that go on are near ${published}`, () => slowest(goingOn) > published - AHEAD, LIMIT);
    }
    await until("those that go on have all", () => slowest(goingOn) === EVENTS, LIMIT);
    expect(slowest(stopping)).toBe(0);
    await untilState("those that stopped for ever are cut", ({ closed }) => closed.slow === FOR_EVER);

    readAgain = true;
    for (const reader of stopping) reader.resume();
    await until("those that read again have all", () => slowest(stopping) === EVENTS, LIMIT);
    const most = await watch.stop();

    expect(all.flatMap(({ faults }) => faults)).toEqual([]);
    expect(all.flatMap(({ holes }) => holes)).toEqual([]);
    expect(await server.state()).toMatchObject({
      published: EVENTS,
      closed: { slow: FOR_EVER },
      subscribers: GOING_ON + STOPPED - FOR_EVER,
      resets: 0,
      errors: [],
    });

    // What the promise allows each stream, and the history, of whose events it keeps both the text and the bytes.
    const streams = (GOING_ON + STOPPED) * (maxBufferedBytes + EVENT_BYTES);
    const growth = most.live - before.live;
    console.log({ before, most, bound: { live: streams + 2 * historyBytes } });
    expect(most.mostBuffered).toBeLessThanOrEqual(maxBufferedBytes + EVENT_BYTES);
    expect(growth).toBeLessThan(streams + 2 * historyBytes);

    // Being cut cost them nothing but the connection.
    for (const reader of stoppedForEver) {
      reader.cut();
      reader.connect();
    }
    await until("those that were cut have all", () => slowest(stoppedForEver) === EVENTS, LIMIT);

    async function untilState(what: string, holds: (state: Awaited<ReturnType<typeof server.state>>) => boolean) {
      let state = await server.state();
      const deadline = performance.now() + LIMIT;
      while (!holds(state)) {
        if (performance.now() > deadline) throw new Error(`${what}: not within ${LIMIT} ms: ${JSON.stringify(state)}`);
        state = await server.state();
      }
    }
  },
);

function slowest(readers: readonly LogReader[]): number {
  return readers.reduce((least, { last }) => Math.min(least, last), Infinity);
}
