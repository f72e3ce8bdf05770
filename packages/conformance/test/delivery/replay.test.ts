import { expect, it } from "vitest";
import { startDeliveryServer } from "../../src/delivery/delivery-server.js";
import { startReaders } from "../../src/delivery/log-reader.js";
import { untilAll } from "../../src/delivery/until-all.js";
import { COLLECTOR, watchMemory } from "../../src/delivery/watch-memory.js";

const EVENTS = 20_000;
const EVENT_BYTES = 300;
const CLIENTS = 100;
const MAX_BUFFERED_BYTES = 128 * 1024;
const CONNECTION_BYTES = 32 * 1024;
const LIMIT = 60_000;

it(
  "P7: 100 clients replay 20 000 events each at once, each slower than the server, in bounded memory",
  { timeout: 3 * LIMIT },
  async () => {
    const server = await startDeliveryServer({
      history: { events: EVENTS },
      dataBytes: EVENT_BYTES,
      stream: { maxBufferedBytes: MAX_BUFFERED_BYTES, stallTimeout: 10 * LIMIT },
    });
    await server.publish(Array.from({ length: EVENTS / 1_000 }, () => 1_000));
    const before = await server.memory();

    const watch = watchMemory(server);
    let reading = false;
    const clients = startReaders(CLIENTS, {
      port: server.port,
      // After each read a client pauses for 2 ms.
      onRead: (client) => {
        setTimeout(() => reading && client.resume(), 2);
        return false;
      },
    });
    await server.until("the server waits for all of them", ({ blocked }) => blocked === CLIENTS, LIMIT);
    reading = true;
    for (const client of clients) client.resume();
    await untilAll(clients, EVENTS, LIMIT);
    const most = await watch.stop();

    expect(clients.flatMap(({ faults }) => faults)).toEqual([]);
    for (const { received, closedByServer } of clients) {
      expect({ received, closedByServer }).toEqual({ received: EVENTS, closedByServer: 0 });
    }
    // P7 allows this per stream, plus the memory of its connection. The history was stored before the measurement.
    const bound = CLIENTS * (MAX_BUFFERED_BYTES + EVENT_BYTES + CONNECTION_BYTES);
    expect(most.mostBuffered).toBeLessThanOrEqual(MAX_BUFFERED_BYTES + EVENT_BYTES);
    expect(most.live - before.live).toBeLessThan(bound);
    expect(most.rss - before.rss).toBeLessThan(bound + COLLECTOR);
    expect(await server.state()).toMatchObject({ closed: {}, subscribers: CLIENTS, resets: 0, errors: [] });
  },
);
