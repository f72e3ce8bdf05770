import { describe, expect, it } from "vitest";
import { type DeliveryServer, startDeliveryServer } from "../../src/delivery/delivery-server.js";
import { type LogReader, startReaders } from "../../src/delivery/log-reader.js";
import { untilAll } from "../../src/delivery/until-all.js";
import { COLLECTOR, watchMemory } from "../../src/delivery/watch-memory.js";

const EVENTS = 2_000;
const EVENT_BYTES = 8 * 1024;
const HISTORY_BYTES = EVENTS * (EVENT_BYTES + 64);
const MAX_BUFFERED_BYTES = 128 * 1024;
const LIMIT = 60_000;

describe("P7: readers that stop reading while 2 000 events of 8 KB are published", () => {
  it(
    "50 of them use bounded memory and do not delay 200 others; they get everything later, or are disconnected",
    { timeout: 4 * LIMIT },
    async () => {
      const server = await start(EVENTS);
      const steady = startReaders(200, { port: server.port });
      // They read only the head. So the operating system does not enlarge its buffers for their connections.
      let readAgain = false;
      const onRead = () => readAgain;
      const stopped = startReaders(40, { port: server.port, onRead });
      const stoppedForever = startReaders(10, { port: server.port, path: "/feed?stallTimeout=1000", onRead });
      await server.until("all are subscribed", ({ subscribers }) => subscribers === 250, LIMIT);

      const before = await server.memory();
      const watch = watchMemory(server);
      // If the stopped readers delayed the other 200, this would time out.
      await publish(server, steady);
      for (const { last } of [...stopped, ...stoppedForever]) expect(last).toBe(0);
      await server.until(
        "the readers that never read again are disconnected",
        ({ closed }) => closed.slow === 10,
        LIMIT,
      );
      readAgain = true;
      for (const reader of stopped) reader.resume();
      await untilAll(stopped, EVENTS, LIMIT);
      const most = await watch.stop();

      // P7 allows this per stream, plus the history. The history keeps both the text and the bytes of each event.
      const bound = 250 * (MAX_BUFFERED_BYTES + EVENT_BYTES) + 2 * HISTORY_BYTES;
      expect(most.mostBuffered).toBeLessThanOrEqual(MAX_BUFFERED_BYTES + EVENT_BYTES);
      expect(most.live - before.live).toBeLessThan(bound);
      expect(most.rss - before.rss).toBeLessThan(bound + COLLECTOR);
      const state = await server.state();
      expect(state).toMatchObject({ closed: { slow: 10 }, subscribers: 240, resets: 0, errors: [] });
      expect(
        state.lags,
        "the buffers of the operating system hold less than was published",
      ).toBeGreaterThanOrEqual(50);

      // The disconnected readers reconnect and get every event.
      for (const reader of stoppedForever) {
        reader.cut();
        reader.connect();
      }
      await untilAll(stoppedForever, EVENTS, LIMIT);
      const all = [...steady, ...stopped, ...stoppedForever];
      expect(all.flatMap(({ faults }) => faults)).toEqual([]);
      for (const { received, closedByServer } of all) {
        expect({ received, closedByServer }).toEqual({ received: EVENTS, closedByServer: 0 });
      }
    },
  );

  it(
    "get one reset and then every kept event if they have missed more than the history keeps",
    { timeout: 3 * LIMIT },
    async () => {
      const history = 300;
      const server = await start(history);
      const steady = startReaders(5, { port: server.port });
      let readAgain = false;
      const stopped = startReaders(20, { port: server.port, onRead: () => readAgain });
      await server.until("all are subscribed", ({ subscribers }) => subscribers === 25, LIMIT);

      await publish(server, steady);
      readAgain = true;
      for (const reader of stopped) reader.resume();
      await untilAll(stopped, EVENTS, LIMIT);

      expect([...steady, ...stopped].flatMap(({ faults }) => faults)).toEqual([]);
      expect(steady.flatMap(({ holes }) => holes)).toEqual([]);
      for (const { holes } of stopped)
        expect(holes).toEqual([{ first: expect.any(Number), last: EVENTS - history }]);
      expect(await server.state()).toMatchObject({ closed: {}, resets: 20, errors: [] });
    },
  );
});

function start(historyEvents: number): Promise<DeliveryServer> {
  return startDeliveryServer({
    history: { events: historyEvents, bytes: HISTORY_BYTES },
    dataBytes: EVENT_BYTES,
    stream: { maxBufferedBytes: MAX_BUFFERED_BYTES, stallTimeout: 10 * LIMIT },
  });
}

/** Publishes all events, at most 200 ahead of the slowest reader, and waits until the readers have them all. */
async function publish(server: DeliveryServer, readers: readonly LogReader[]): Promise<void> {
  for (let published = 0; published < EVENTS; published += 20) {
    await server.publish([4, 4, 0, 4, 4, 0, 4]);
    await untilAll(readers, published - 200, LIMIT);
  }
  await untilAll(readers, EVENTS, LIMIT);
}
