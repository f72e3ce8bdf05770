import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startReplay } from "../replay.js";
import { recorded, recording, startApp } from "./start-app.js";

describe("the server", () => {
  test("passes the provider's events on unchanged, and no [DONE]", async () => {
    const { address } = await startApp();
    const response = await fetch(`${address}/answer?prompt=hello`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = parse(await response.text());
    expect(events.filter(({ type }) => type === "message").map(({ data }) => data)).toEqual(recorded);
    expect(events.at(-1)?.type).toBe("end");
  });

  test.for([
    ["missing", ""],
    ["empty", "?prompt="],
    ["blank", "?prompt=%20"],
    ["too long", `?prompt=${"x".repeat(1001)}`],
    ["given twice", "?prompt=a&prompt=b"],
  ] as const)("answers 400 to a prompt that is %s", async ([, query]) => {
    const { address, counts } = await startApp();
    const response = await fetch(`${address}/answer${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: "prompt: expected 1 to 1000 characters" });
    expect(counts().called).toBe(0);
  });

  test("takes a prompt of 1000 Chinese characters", async () => {
    const { address } = await startApp();
    const response = await fetch(`${address}/answer?prompt=${encodeURIComponent("你".repeat(1000))}`);
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  test("lets no other site's page ask", async () => {
    const { address, counts } = await startApp();
    const response = await fetch(`${address}/answer?prompt=hello`, {
      headers: { "Sec-Fetch-Site": "cross-site" },
    });
    expect(response.status).toBe(403);
    expect(counts().called).toBe(0);
  });

  test.for([
    ["/401", /refused the API key/],
    ["/429", /too many requests/],
  ] as const)("answers 502 with a reason when upstream refuses: %s", async ([prompt, reason]) => {
    const { address, counts } = await startApp();
    const response = await fetch(`${address}/answer?prompt=${prompt}`);
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ error: expect.stringMatching(reason) });
    await eventually(() => expect(counts()).toMatchObject({ called: 1, failed: 1 }));
  });

  test("answers 502 when upstream cannot be reached", async () => {
    const { address, stopUpstream } = await startApp();
    stopUpstream();
    const response = await fetch(`${address}/answer?prompt=hello`);
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ error: expect.stringMatching(/cannot be reached/) });
  });

  test("ends an answer that breaks off with an event that says so", async () => {
    const { address, counts } = await startApp();
    const events = parse(await (await fetch(`${address}/answer?prompt=/break`)).text());
    const received = events.filter(({ type }) => type === "message").map(({ data }) => data);
    expect(received.length).toBeGreaterThan(10);
    expect(received).toEqual(recorded.slice(0, received.length));
    expect(events.slice(-2).map(({ type }) => type)).toEqual(["failed", "end"]);
    expect(events.at(-2)?.data).toMatch(/broke off/);
    await eventually(() => expect(counts()).toMatchObject({ called: 1, failed: 1 }));
  });

  test("aborts upstream when the client leaves", async () => {
    const { address, counts } = await startApp({ pause: 20 });
    const client = new AbortController();
    const response = await fetch(`${address}/answer?prompt=hello`, { signal: client.signal });
    await response.body?.getReader().read();
    client.abort();
    await eventually(() => expect(counts()).toEqual({ called: 1, completed: 0, aborted: 1, failed: 0 }));
  });

  test("sends the counters live", async () => {
    const { address } = await startApp();
    const stats = await fetch(`${address}/stats`);
    let seen = "";
    const reading = (async () => {
      for await (const chunk of stats.body!.pipeThrough(new TextDecoderStream())) {
        seen += chunk;
        if (seen.includes('"completed":1')) return;
      }
    })();
    await (await fetch(`${address}/answer?prompt=hello`)).text();
    await reading;
    expect(parse(seen).map(({ data }) => JSON.parse(data))).toMatchObject([
      { model: "replay", called: 0, completed: 0 },
      { called: 1, completed: 0 },
      { called: 1, completed: 1 },
    ]);
  });

  test("counts the calls of an endpoint that does not count them itself", async () => {
    const { address, counts } = await startApp({ countsItself: false, pause: 20 });
    await fetch(`${address}/answer?prompt=/429`);
    // Each call once by the replay and once by the server.
    await eventually(() => expect(counts()).toMatchObject({ called: 2, failed: 2 }));
  });
});

describe("the replay", () => {
  test("sends the recording, cut inside field names, characters and line ends", async () => {
    const upstream = await startReplay({ pause: 0 });
    onTestFinished(() => upstream.close());
    const request = httpRequest(`${upstream.baseUrl}/chat/completions`, { method: "POST" }).end("{}");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const pieces: Buffer[] = await response.toArray();
    expect(Buffer.concat(pieces).toString()).toBe(recording.replaceAll("\n", "\r\n"));
    const ends = pieces.map((piece) => piece.toString());
    expect(ends.filter((piece) => piece === "da").length).toBeGreaterThan(recorded.length / 2);
    expect(ends.filter((piece) => piece.endsWith("\uFFFD")).length).toBeGreaterThan(40);
    expect(ends.filter((piece) => piece.endsWith("\r")).length).toBeGreaterThan(recorded.length);
  });
});

/** Until what upstream saw has reached its counters. */
function eventually(assertion: () => void) {
  return vi.waitFor(assertion, { timeout: 10_000 });
}

/** The events of a stream, read by a second, simpler hand than the one that sent them. */
function parse(stream: string): { type: string; data: string }[] {
  return stream
    .split("\n\n")
    .map((block) => block.split("\n"))
    .filter((lines) => lines.some((line) => line.startsWith("data:")))
    .map((lines) => ({
      type: lines.find((line) => line.startsWith("event: "))?.slice("event: ".length) ?? "message",
      data: lines
        .filter((line) => line.startsWith("data: "))
        .map((line) => line.slice("data: ".length))
        .join("\n"),
    }));
}
