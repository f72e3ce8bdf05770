import { pause, until } from "@ssekit/conformance";
import { createChannel } from "@ssekit/core";
import { expect, it } from "vitest";
import { PageSource } from "./support/page-source.js";
import type { Setting } from "./support/setting.js";
import { startServer } from "./support/start-server.js";

const CONNECTING = 0;
const OPEN = 1;

/** How many streams of one server a browser has open at once on HTTP/1.1. */
export function sixStreams(setting: Setting): void {
  it("has six streams open at once, and the seventh waits until one of them closes", async () => {
    const { channel, server, sources } = await openSources(setting, 7);
    await until("six streams", () => channel.size === 6);
    await pause(500);
    expect(server.visits).toHaveLength(6);
    await channel.publish({ data: "to six" });
    for (const source of sources.slice(0, 6)) await source.untilData("to six");
    expect(await sources[6]!.state()).toMatchObject({ readyState: CONNECTING, opened: 0, events: [] });

    await sources[0]!.close();
    await sources[6]!.until("the seventh stream", (state) => state.readyState === OPEN);
    await channel.publish({ data: "to the seventh" });
    await sources[6]!.untilData("to the seventh");
  });
}

/** On HTTP/2 the streams share a connection. */
export function fiftyStreams(setting: Setting): void {
  it("has fifty streams open at once on one connection, and sends other requests meanwhile", async () => {
    const { channel, server, page, sources } = await openSources(setting, 50);
    await until("fifty streams", () => channel.size === 50);
    await channel.publish({ data: "to all" });
    for (const source of sources) expect(await source.untilData("to all")).toEqual(["to all"]);
    expect(await page.run(fetchInPage, `${server.url}/page`)).toBe(200);
    expect(new Set(server.visits.map((visit) => visit.remotePort)).size).toBe(1);
  });
}

async function openSources({ protocol, openPage }: Setting, count: number) {
  const channel = createChannel();
  const server = await startServer(protocol, (visit) => channel.subscribe(visit.open()));
  const page = await openPage(server.url);
  const sources: PageSource[] = [];
  for (let i = 0; i < count; i++) sources.push(await PageSource.open(page, `${server.url}/stream?${i}`));
  return { channel, server, page, sources };
}

/** This function runs in the page. */
async function fetchInPage(url: string): Promise<number> {
  return (await fetch(url)).status;
}
