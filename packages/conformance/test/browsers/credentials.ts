import { pause } from "@ssekit/conformance";
import { expect, it } from "vitest";
import { PageSource } from "./support/page-source.js";
import type { Setting } from "./support/setting.js";
import { startServer, type TestServer, type Visit } from "./support/start-server.js";

/** A `fetch` with this value in a header would have a preflight. */
const UNSAFE_ID = JSON.stringify({ time: [17, "x".repeat(128)] });

/**
 * Streams from another origin, which is another port here. It is the same site, because headless Chromium sends no cookies
 * to another site.
 */
export function credentials({ protocol, shortRetry, openPage }: Setting): void {
  const startPage = async (): Promise<string> => (await startServer(protocol, () => {})).url;

  it("sends cookies to another origin on the first request, the reconnect and the last one, without a preflight", async () => {
    const origin = await startPage();
    const server = await startServer(protocol, answerWithCors(origin), { retry: shortRetry });
    const page = await openPage(origin);
    await page.run(logInFromPage, `${server.url}/login`);
    const source = await PageSource.open(page, `${server.url}/stream`, { withCredentials: true });
    expect((await source.untilClosed()).events.map((event) => event.data)).toEqual(["hello", "bye"]);
    const visits = server.visitsTo("/stream");
    expect(visits.map((visit) => visit.method)).toEqual(["GET", "GET", "GET"]);
    expect(visits.map((visit) => visit.headers.cookie)).toEqual(["user=ann", "user=ann", "user=ann"]);
    expect(visits.map((visit) => visit.headers["last-event-id"])).toEqual([
      undefined,
      UNSAFE_ID,
      expect.stringMatching(/~end$/),
    ]);
    expect(visits.map((visit) => visit.response.statusCode)).toEqual([200, 200, 204]);
  });

  it("sends no cookies to another origin without `withCredentials`", async () => {
    const origin = await startPage();
    const server = await startServer(protocol, answerWithCors(origin), { retry: shortRetry });
    const page = await openPage(origin);
    await page.run(logInFromPage, `${server.url}/login`);
    const source = await PageSource.open(page, `${server.url}/stream`);
    await source.untilClosed();
    expect(server.visitsTo("/stream").map((visit) => visit.headers.cookie)).toEqual([undefined]);
  });

  it("gives up for good when an answer from another origin has no CORS headers", async () => {
    const origin = await startPage();
    const server: TestServer = await startServer(
      protocol,
      (visit) => {
        if (server.visits.length === 1) visit.response.setHeader("access-control-allow-origin", origin);
        const stream = visit.open();
        stream.send("hello");
        stream.close();
      },
      { retry: shortRetry },
    );
    const page = await openPage(origin);
    const source = await PageSource.open(page, `${server.url}/stream`);
    expect((await source.untilClosed()).events.map((event) => event.data)).toEqual(["hello"]);
    await pause(3 * shortRetry);
    expect(server.visits).toHaveLength(2);
  });
}

/** The first stream is interrupted, and the second one ends. Both are for users who have logged in. */
function answerWithCors(origin: string): (visit: Visit) => void {
  let streams = 0;
  return ({ path, headers, response, open }) => {
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-allow-credentials", "true");
    if (path === "/login") {
      response.setHeader("set-cookie", "user=ann; SameSite=Lax; HttpOnly");
      response.end();
    } else if (headers.cookie === undefined) {
      response.statusCode = 401;
      response.end();
    } else {
      const stream = open();
      if (streams++ === 0) {
        stream.send({ id: UNSAFE_ID, data: "hello" });
        stream.close();
      } else {
        stream.end({ event: "message", data: "bye" });
      }
    }
  };
}

/** This function runs in the page. */
async function logInFromPage(url: string): Promise<void> {
  await fetch(url, { credentials: "include" });
}
