import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { memoryLogs, SseError, type LogStore } from "@ssekit/express";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startReplay } from "../replay.js";
import { replyTo, tokensOf } from "../replies.js";
import { messages, parse, recorded, startApp } from "./start-app.js";

describe("the server", () => {
  test("passes on the provider's events unchanged, without [DONE]", async () => {
    const { read, start } = await startApp();
    const events = await read(await start("hello"));
    expect(events[0]).toEqual({ type: "question", data: '{"prompt":"hello"}' });
    expect(messages(events)).toEqual(recorded);
    expect(events.at(-1)?.type).toBe("done");
  });

  test("returns the address of the answer", async () => {
    const { ask, address } = await startApp();
    const response = await ask({ prompt: "hello" });
    expect(response.status).toBe(201);
    const id = await response.text();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const { href } = new URL(response.headers.get("location")!, response.url);
    expect(href).toBe(`${address}/answers/${id}`);
    expect((await fetch(href)).headers.get("content-type")).toBe("text/event-stream");
  });

  test("P15: an answer continues while no client is connected; a client that comes late, or twice, gets all of it", async () => {
    const { read, start, counts } = await startApp();
    const id = await start("hello");
    await eventually(() => expect(counts().completed).toBe(1));
    const [first, second] = await Promise.all([read(id), read(id)]);
    expect(messages(first)).toEqual(recorded);
    expect(second).toEqual(first);
    expect(counts()).toEqual({ called: 1, completed: 1, aborted: 0, failed: 0 });
  });

  test("P15: an answer continues when its reader leaves; the reader gets the rest after it comes back", async () => {
    const { address, start, counts } = await startApp({ pause: 2 });
    const id = await start("hello");
    let received = "";
    for (let cuts = 0; !received.includes("event: done"); cuts++) {
      const whole = received.split("\n\n").slice(0, -1);
      received = whole.map((block) => `${block}\n\n`).join("");
      const lastId = [...received.matchAll(/^id: (.+)$/gm)].at(-1)?.[1];
      const client = new AbortController();
      const response = await fetch(`${address}/answers/${id}`, {
        signal: client.signal,
        headers: lastId === undefined ? {} : { "Last-Event-ID": lastId },
      });
      let chunks = 0;
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        received += chunk;
        if (cuts < 5 && ++chunks === 10) break;
      }
      client.abort();
    }
    expect(messages(parse(received))).toEqual(recorded);
    expect(counts()).toEqual({ called: 1, completed: 1, aborted: 0, failed: 0 });
  });

  test("P15: stops an answer for all its readers, and for good", async () => {
    const { address, read, start, stop, counts } = await startApp({ pause: 20 });
    const id = await start("hello");
    const readers = [read(id), read(id)];
    await eventually(() => expect(counts().called).toBe(1));
    expect(await (await stop(id)).json()).toEqual({ state: "stopped" });
    const [first, second] = await Promise.all(readers);
    expect(first?.at(-1)?.type).toBe("stopped");
    expect(second).toEqual(first);
    await eventually(() => expect(counts()).toEqual({ called: 1, completed: 0, aborted: 1, failed: 0 }));
    expect(await read(id)).toEqual(first);
    expect(await (await stop(id)).json()).toEqual({ state: "stopped" }); // it was stopped before
    const finished = await fetch(`${address}/answers/${id}`, { headers: { "Last-Event-ID": "x~end" } });
    expect(finished.status).toBe(204);
  });

  test("stops an answer whose model says nothing", async () => {
    const { read, start, stop, counts } = await startApp();
    const id = await start("/silent");
    const reader = read(id);
    await eventually(() => expect(counts().called).toBe(1));
    await stop(id);
    expect((await reader).map(({ type }) => type)).toEqual(["question", "stopped"]);
    await eventually(() => expect(counts()).toMatchObject({ called: 1, aborted: 1 }));
  });

  test("an answer that is finished cannot be stopped", async () => {
    const { read, start, stop } = await startApp();
    const id = await start("hello");
    await read(id);
    expect(await (await stop(id)).json()).toEqual({ state: "done" });
    expect((await read(id)).at(-1)?.type).toBe("done");
  });

  test.for(["GET", "DELETE"])("answers 404 to %s of an answer that it does not have", async (method) => {
    const { address } = await startApp();
    const response = await fetch(`${address}/answers/other`, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: expect.stringMatching(/no such answer/) });
  });

  test("forgets an answer some time after its end", async () => {
    const { address, read, start } = await startApp({ keep: 100 });
    const id = await start("hello");
    await read(id);
    await eventually(async () => expect((await fetch(`${address}/answers/${id}`)).status).toBe(404));
  });

  test.for([
    ["missing", ""],
    ["empty", "prompt="],
    ["blank", "prompt=+"],
    ["too long", `prompt=${"x".repeat(1001)}`],
    ["given twice", "prompt=a&prompt=b"],
  ] as const)("answers 400 to a prompt that is %s", async ([, form]) => {
    const { ask, counts } = await startApp();
    const response = await ask(form);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: "prompt: expected 1 to 1000 characters" });
    expect(counts().called).toBe(0);
  });

  test("takes a prompt of 1000 Chinese characters", async () => {
    const { ask } = await startApp();
    expect((await ask({ prompt: "你".repeat(1000) })).status).toBe(201);
  });

  test("refuses questions and stops from pages of other sites", async () => {
    const { ask, start, stop, counts } = await startApp({ pause: 20 });
    const headers = { "Sec-Fetch-Site": "cross-site" };
    expect((await ask({ prompt: "hello" }, headers)).status).toBe(403);
    expect(counts().called).toBe(0);
    expect((await stop(await start("hello"), headers)).status).toBe(403);
  });

  test.for([
    ["/401", /refused the API key/],
    ["/429", /too many requests/],
  ] as const)("if upstream refuses, the answer ends with the reason: %s", async ([prompt, reason]) => {
    const { read, start, counts, errors } = await startApp();
    const events = await read(await start(prompt));
    expect(events.map(({ type }) => type)).toEqual(["question", "failed"]);
    expect(events[1]?.data).toMatch(reason);
    expect(errors()).toEqual([expect.objectContaining({ code: "ERR_SSE_UPSTREAM_STATUS" })]);
    await eventually(() => expect(counts()).toMatchObject({ called: 1, failed: 1 }));
  });

  test("if upstream cannot be reached, the answer ends with the reason", async () => {
    const { read, start, stopUpstream } = await startApp();
    stopUpstream();
    const events = await read(await start("hello"));
    expect(events.at(-1)).toEqual({ type: "failed", data: expect.stringMatching(/cannot be reached/) });
  });

  test.for([
    ["breaks off", "/break", /broke off/],
    ["reports an error in the middle", "/error", /reported an error/],
  ] as const)("if upstream %s, the last event says so", async ([, prompt, reason]) => {
    const { read, start, counts } = await startApp();
    const events = await read(await start(prompt));
    const received = messages(events);
    expect(received.length).toBeGreaterThan(10);
    expect(received).toEqual(recorded.slice(0, received.length));
    expect(events.at(-1)).toEqual({ type: "failed", data: expect.stringMatching(reason) });
    await eventually(() => expect(counts()).toMatchObject({ called: 1, failed: 1 }));
  });

  test("an answer that becomes too long fails, and what fits is kept", async () => {
    const { read, start, counts } = await startApp({ maxBytes: 10_000 });
    const events = await read(await start("hello"));
    expect(messages(events)).toEqual(recorded.slice(0, messages(events).length));
    expect(messages(events).length).toBeGreaterThan(10);
    expect(events.at(-1)).toEqual({ type: "failed", data: expect.stringMatching(/too long/) });
    await eventually(() => expect(counts()).toMatchObject({ called: 1, aborted: 1 }));
  });

  test("if the server is stopped, the readers are told", async () => {
    const { read, start, closeAnswers, counts } = await startApp({ pause: 20 });
    const reader = read(await start("hello"));
    await eventually(() => expect(counts().called).toBe(1));
    await closeAnswers();
    expect((await reader).at(-1)).toEqual({ type: "failed", data: expect.stringMatching(/was stopped/) });
    await eventually(() => expect(counts()).toMatchObject({ called: 1, aborted: 1 }));
  });

  test("while the log cannot be reached, no answer is final: streams break off, and continue later", async () => {
    const { logs, setReachable } = createUnreachableLogs();
    const { address, ask, read, start } = await startApp({ logs, lease: 100 });
    const id = await start("hello");
    await read(id);
    setReachable(false);
    const response = await fetch(`${address}/answers/${id}`);
    expect(response.status).toBe(200); // EventSource would take an error as final
    await expect(response.text()).rejects.toThrow("terminated");
    const refused = await ask({ prompt: "hello" });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toEqual({ error: expect.stringMatching(/cannot be stored at the moment/) });
    setReachable(true);
    expect(messages(await read(id))).toEqual(recorded);
  });

  test("sends the counters live", async () => {
    const { address, read, start } = await startApp();
    const stats = await fetch(`${address}/stats`);
    let seen = "";
    const reading = (async () => {
      for await (const chunk of stats.body!.pipeThrough(new TextDecoderStream())) {
        seen += chunk;
        if (seen.includes('"completed":1')) return;
      }
    })();
    await read(await start("hello"));
    await reading;
    expect(parse(seen).map(({ data }) => JSON.parse(data))).toMatchObject([
      { model: "replay", called: 0, completed: 0 },
      { called: 1, completed: 0 },
      { called: 1, completed: 1 },
    ]);
  });

  test("counts the calls of an endpoint that does not count them itself", async () => {
    const { read, start, counts } = await startApp({ countsItself: false });
    await read(await start("/429"));
    // The replay and the server both count each call.
    await eventually(() => expect(counts()).toMatchObject({ called: 2, failed: 2 }));
  });
});

describe("the replay", () => {
  test("has tokens that make up the text", () => {
    const questions = ["hello", "How do I boil an egg?", "/html"];
    const replies = questions.map(replyTo);
    expect(new Set(replies).size).toBe(questions.length);
    expect(replies.map((reply) => tokensOf(reply).join(""))).toEqual(replies);
  });

  test("sends a reply, cut inside field names, characters and line ends", async () => {
    const upstream = await startReplay({ pause: () => wait(1) });
    onTestFinished(() => upstream.close());
    const request = httpRequest(`${upstream.baseUrl}/chat/completions`, { method: "POST" }).end("{}");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const pieces: Buffer[] = await response.toArray();
    const events = [...recorded, "[DONE]"].map((data) => `data: ${data}\r\n\r\n`);
    expect(Buffer.concat(pieces).toString()).toBe(events.join(""));
    const ends = pieces.map((piece) => piece.toString());
    expect(ends.filter((piece) => piece === "da").length).toBeGreaterThan(recorded.length / 2);
    expect(ends.filter((piece) => piece.endsWith("\uFFFD")).length).toBeGreaterThan(40);
    expect(ends.filter((piece) => piece.endsWith("\r")).length).toBeGreaterThan(recorded.length);
  });
});

/** Logs in memory that can be made unreachable, as those of Redis or NATS can be. */
function createUnreachableLogs() {
  const store = memoryLogs();
  let reachable = true;
  const whenReachable = async <T>(call: () => T | Promise<T>): Promise<T> => {
    if (reachable) return await call();
    throw new SseError("ERR_SSE_LOG_UNAVAILABLE", "The log cannot be reached");
  };
  const logs: LogStore = {
    status: "ready",
    open(key, history) {
      const log = store.open(key, history);
      return {
        status: "ready",
        append: (drafts, options) => whenReachable(() => log.append(drafts, options)),
        read: (from, max) => whenReachable(() => log.read(from, max)),
        peek: () => whenReachable(() => log.peek()),
        tail: (listener) => whenReachable(() => log.tail(listener)),
        close: () => log.close(),
      };
    },
    close: () => store.close(),
  };
  return { logs, setReachable: (value: boolean) => (reachable = value) };
}

/** Waits until upstream has counted its calls. */
function eventually(assertion: () => void) {
  return vi.waitFor(assertion, { timeout: 10_000 });
}
