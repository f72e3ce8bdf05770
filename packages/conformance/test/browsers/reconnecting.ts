import { until, within } from "@ssekit/conformance";
import { createChannel, memoryLogs, type EventStream } from "@ssekit/core";
import { expect, it } from "vitest";
import { PageSource } from "./support/page-source.js";
import { EARLY, type Setting, TOO_LONG } from "./support/setting.js";
import { startForwarder } from "./support/start-forwarder.js";
import { startServer } from "./support/start-server.js";

/** What happens when a stream is interrupted. */
export function reconnecting({ protocol, shortRetry, openPage }: Setting): void {
  it("continues after the last event it received when the server restarts on the same port", async () => {
    const logs = memoryLogs();
    const before = createChannel({ log: logs.open("prices") });
    const first = await startServer(protocol, (visit) => before.subscribe(visit.open()), {
      retry: shortRetry,
    });
    const page = await openPage(first.url);
    const source = await PageSource.open(page, `${first.url}/stream`);
    await until("a subscriber", () => before.size === 1);
    const published = [await before.publish({ data: "one" }), await before.publish({ data: "two" })];
    await source.untilData("two");

    await first.crash();
    await before.close();
    const after = createChannel({ log: logs.open("prices") });
    published.push(await after.publish({ data: "three" }), await after.publish({ data: "four" }));
    // The first error is the broken connection. The second is an attempt that found no server.
    await source.until("an attempt without a server", (state) => state.errors >= 2);

    const second = await startServer(protocol, (visit) => after.subscribe(visit.open()), {
      retry: shortRetry,
      port: first.port,
    });
    await source.untilData("four");
    published.push(await after.publish({ data: "five" }));
    await source.untilData("five");
    const { events } = await source.state();
    expect(events.map((event) => `${event.type} ${event.data}`)).toEqual(
      ["one", "two", "three", "four", "five"].map((data) => `message ${data}`),
    );
    expect(events.map((event) => event.lastEventId)).toEqual(published);
    expect(second.visits.map((visit) => visit.headers["last-event-id"])).toEqual([published[1]]);
  });

  it("comes back within the window of a drain, to the next server behind the same address", async () => {
    const [earliest, latest] = [700, 1_000];
    const channel = createChannel();
    const start = () =>
      startServer(protocol, (visit) => channel.subscribe(visit.open()), { retry: TOO_LONG });
    const [draining, next] = [await start(), await start()];
    const address = await startForwarder(draining.port);
    const url = draining.url.replace(`:${draining.port}`, `:${address.port}`);
    const page = await openPage(url);
    const source = await PageSource.open(page, `${url}/stream`);
    await until("a subscriber", () => channel.size === 1);
    await channel.publish({ data: "one" });
    await source.untilData("one");

    address.target = next.port;
    const drained = performance.now();
    await within("events.close()", draining.events.close({ retry: [earliest, latest] }));
    await channel.publish({ data: "two" });
    // As an app does. It is not awaited, because a browser may hold a connection that it has not used yet.
    void draining.close();
    // No upper limit: the machine may be slow. A client that missed the `retry` would come back after TOO_LONG.
    await until("the next server's first visit", () => next.visits.length === 1);
    expect(next.visits[0]!.at - drained).toBeGreaterThanOrEqual(earliest - EARLY);
    await channel.publish({ data: "three" });
    expect(await source.untilData("three")).toEqual(["one", "two", "three"]);
  });

  it("waits for the reconnection time that the server has sent last", async () => {
    const streams: EventStream[] = [];
    const server = await startServer(protocol, (visit) => void streams.push(visit.open()), {
      retry: TOO_LONG,
    });
    const page = await openPage(server.url);
    const source = await PageSource.open(page, `${server.url}/stream`);
    for (const [index, retry] of [700, 1_400].entries()) {
      await until("a stream", () => streams.length === index + 1);
      streams[index]!.send({ retry, data: `retry ${retry}` });
      await source.untilData(`retry ${retry}`);
      const closed = performance.now();
      streams[index]!.close();
      await until("the reconnect", () => streams.length === index + 2);
      expect(server.visits[index + 1]!.at - closed).toBeGreaterThanOrEqual(retry - EARLY);
    }
  });
}
