import { pause, until } from "@ssekit/conformance";
import { expect, it } from "vitest";
import { PageSource } from "./support/page-source.js";
import type { Setting } from "./support/setting.js";
import { startServer } from "./support/start-server.js";

/** Streams that are not to be started again. */
export function finished({ protocol, shortRetry, openPage }: Setting): void {
  it("stops for good at a 204, which answers the reconnect to a stream with `once`", async () => {
    let started = 0;
    async function* answer({ signal }: { signal: AbortSignal }): AsyncGenerator<string> {
      started++;
      yield "word";
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    }
    const server = await startServer(protocol, (visit) => void visit.open(answer, { once: true }), {
      retry: shortRetry,
    });
    const page = await openPage(server.url);
    const source = await PageSource.open(page, `${server.url}/stream`);
    await source.untilData("word");
    server.cut();
    await source.untilClosed();
    await pause(3 * shortRetry);
    expect(server.visits.map((visit) => visit.response.statusCode)).toEqual([200, 204]);
    expect(started).toBe(1);
  });

  it("makes one more request after `end()`, which is answered 204, and then none", async () => {
    const server = await startServer(
      protocol,
      (visit) => {
        const stream = visit.open();
        stream.send("news");
        stream.end({ data: "bye" });
      },
      { retry: shortRetry },
    );
    const page = await openPage(server.url);
    const source = await PageSource.open(page, `${server.url}/stream`);
    const { events, opened } = await source.untilClosed();
    expect(events.map(({ type, data }) => `${type}: ${data}`)).toEqual(["message: news", "end: bye"]);
    expect(opened).toBe(1);
    await pause(3 * shortRetry);
    expect(server.visits.map((visit) => visit.response.statusCode)).toEqual([200, 204]);
    expect(server.visits[1]!.headers["last-event-id"]).toMatch(/~end$/);
  });

  it("makes no further request after `end()` if the page closes the EventSource at the event `end`", async () => {
    const server = await startServer(protocol, (visit) => visit.open().end(), { retry: shortRetry });
    const page = await openPage(server.url);
    await page.run(closeAtEndInPage, `${server.url}/stream`);
    await until("the first request", () => server.visits.length === 1);
    await pause(3 * shortRetry);
    expect(server.visits).toHaveLength(1);
  });
}

/** This function runs in the page. */
function closeAtEndInPage(url: string): Promise<void> {
  const source = new EventSource(url);
  return new Promise((resolve) => {
    source.addEventListener("end", () => {
      source.close();
      resolve();
    });
  });
}
