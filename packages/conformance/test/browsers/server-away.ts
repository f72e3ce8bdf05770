import { readFileSync } from "node:fs";
import { pause, until } from "@ssekit/conformance";
import { createChannel, memoryLogs, type Channel } from "@ssekit/core";
import { expect, it } from "vitest";
import { PageSource } from "./support/page-source.js";
import type { Setting } from "./support/setting.js";
import { startServer, type TestServer } from "./support/start-server.js";

/** A server of another origin that restarts, so that for a moment nothing listens on its port. */
export function serverAway({ protocol, shortRetry, insists, openPage }: Setting): void {
  const startStreams = (channel: Channel, port = 0): Promise<TestServer> =>
    startServer(
      protocol,
      (visit) => {
        visit.response.setHeader("access-control-allow-origin", "*");
        channel.subscribe(visit.open());
      },
      { retry: shortRetry, port },
    );

  it(`${insists ? "keeps trying" : "gives up for good"} when the server of another origin is away for a moment`, async () => {
    const server = await startStreams(createChannel());
    const page = await openPage((await startServer(protocol, () => {})).url);
    const source = await PageSource.open(page, `${server.url}/stream`);
    await source.until("the stream", (state) => state.opened === 1);
    await server.crash();
    const { readyState } = await source.until("further attempts, or none", ({ errors, readyState }) =>
      insists ? errors >= 4 : readyState === 2,
    );
    expect(readyState).toBe(insists ? 0 : 2);
  });

  it("continues after the last event it received when the page opens it again with `lastEventId`", async () => {
    const logs = memoryLogs();
    const before = createChannel({ log: logs.open("prices") });
    const first = await startStreams(before);
    const page = await openPage((await startServer(protocol, () => {})).url);
    await page.run(followInPage, { code: snippetOfDocs(), url: `${first.url}/stream`, delay: shortRetry });
    const expectFollowed = (data: string[]): Promise<void> =>
      expect.poll(() => page.run(followedInPage, null), { timeout: 10_000 }).toEqual(data);
    await until("a subscriber", () => before.size === 1);
    await before.publish({ data: "one" });
    await expectFollowed(["one"]);

    await first.crash();
    await before.close();
    const after = createChannel({ log: logs.open("prices") });
    await after.publish({ data: "two" });
    // The first error is the broken connection. The second is an attempt that found no server.
    await expect.poll(() => page.run(errorsInPage, null), { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
    const second = await startStreams(after, first.port);
    await expectFollowed(["one", "two"]);
    await after.end();
    await expectFollowed(["one", "two"]);
    await pause(3 * shortRetry);
    expect(second.visits).toHaveLength(1);
  });
}

type PageGlobals = typeof globalThis & { followed: string[]; errors: number };

type Follow = (url: string, onMessage: (event: MessageEvent<string>) => void, delay: number) => void;

/** The function `follow` of docs/browsers.md. */
function snippetOfDocs(): string {
  const page = readFileSync(new URL("../../../../docs/browsers.md", import.meta.url), "utf8");
  return /^```mjs\n(function follow.*?)^```/ms.exec(page)![1]!;
}

// The functions below run in the page.

function followInPage({ code, url, delay }: { code: string; url: string; delay: number }): void {
  const page = globalThis as PageGlobals;
  page.followed = [];
  page.errors = 0;
  page.EventSource = class extends EventSource {
    constructor(address: string | URL) {
      super(address);
      this.addEventListener("error", () => page.errors++);
    }
  };
  // oxlint-disable-next-line typescript/no-implied-eval -- the code is a text of the docs
  const follow = new Function(`${code} return follow;`)() as Follow;
  follow(url, (event) => page.followed.push(event.data), delay);
}

function followedInPage(): string[] {
  return (globalThis as PageGlobals).followed;
}

function errorsInPage(): number {
  return (globalThis as PageGlobals).errors;
}
