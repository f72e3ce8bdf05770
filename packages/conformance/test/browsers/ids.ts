import { until } from "@ssekit/conformance";
import type { EventStream } from "@ssekit/core";
import { expect, it } from "vitest";
import { PageSource } from "./support/page-source.js";
import type { Setting } from "./support/setting.js";
import { startServer } from "./support/start-server.js";

const IDS = ["Zürich", "ключ-7", "東京/42", "🎉 – 5 €", '{"key":[1,2]}'];

/** The last event ID, on its way to the page and back in the header `Last-Event-ID`. */
export function ids({ protocol, shortRetry, openPage }: Setting): void {
  it("sends an id that is not ASCII back as the server has sent it", async () => {
    const streams: EventStream[] = [];
    const server = await startServer(protocol, (visit) => void streams.push(visit.open()), {
      retry: shortRetry,
    });
    const page = await openPage(server.url);
    const source = await PageSource.open(page, `${server.url}/stream`);
    for (const [index, id] of IDS.entries()) {
      await until("a stream", () => streams.length === index + 1);
      streams[index]!.send({ id, data: id });
      await source.untilData(id);
      streams[index]!.close();
    }
    await until("the last reconnect", () => streams.length === IDS.length + 1);
    expect(streams.map((stream) => stream.lastEventId)).toEqual([undefined, ...IDS]);
    const { events } = await source.state();
    expect(events.map((event) => event.lastEventId)).toEqual(IDS);
  });
}
