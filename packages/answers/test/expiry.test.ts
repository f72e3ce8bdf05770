import { createAnswers } from "@ssekit/answers";
import { EventStreamServer, memoryLogs } from "@ssekit/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TestSource } from "../../conformance/src/answers-contract/answers-cluster.js";

const KEEP = 60_000;
const events = new EventStreamServer({ heartbeat: false, retry: false });

function createApp(options = {}): {
  answers: ReturnType<typeof createAnswers>;
  read(key: string, lastEventId?: string): Promise<string>;
} {
  const answers = createAnswers({ keep: KEEP, ...options });
  return {
    answers,
    async read(key, lastEventId) {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;
      const request = new Request("http://test/", { headers });
      let text: string | undefined;
      void (async () => {
        const response = await events.respond(request, (stream) => answers.subscribe(key, stream));
        text = await response.text();
      })();
      while (text === undefined) await vi.advanceTimersByTimeAsync(1); // the stream is sent by timers
      return text;
    },
  };
}

describe("P15: an answer whose time is over", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is readable until `keep` after its end, then unknown, and may be started again", async () => {
    const { answers, read } = createApp();
    await answers.start("a", ["one"]);
    const text = await read("a");
    await vi.advanceTimersByTimeAsync(KEEP - 100);
    expect(await read("a")).toBe(text);
    expect(await answers.start("a", ["two"])).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(await answers.state("a")).toBe("unknown");
    expect(await answers.stop("a")).toBe("unknown");
    expect(await read("a")).toContain("event: unknown");
    // A client that comes back with an id of the answer is told the same, and nothing else.
    const [, id] = /id: (\S+)/.exec(text)!;
    expect(await read("a", id)).toMatch(/^event: unknown\nid: ~end\ndata:\n\n$/);
    expect(await answers.start("a", ["two"])).toBe(true);
    expect(await read("a")).toContain("two");
  });

  it("is not over while its source is silent, however long", async () => {
    const { answers, read } = createApp();
    const source = new TestSource();
    await answers.start("a", source.source);
    source.write("one");
    await vi.advanceTimersByTimeAsync(10 * KEEP);
    expect(await answers.state("a")).toBe("running");
    expect(await answers.start("a", ["two"])).toBe(false);
    source.write("two");
    source.end();
    await vi.advanceTimersByTimeAsync(1);
    expect((await read("a")).match(/^data: .*$/gm)).toEqual(["data: one", "data: two"]);
  });

  it("leaves no timer and no entry", async () => {
    const { answers, read } = createApp({ lease: 10_000 });
    for (let n = 0; n < 100; n++) await answers.start(`${n}`, ["one"]);
    expect(await read("99")).toContain("done");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(vi.getTimerCount()).toBe(1); // the store waits until the answers have expired
    await vi.advanceTimersByTimeAsync(KEEP + 2_000);
    expect(vi.getTimerCount()).toBe(0);
    await answers.close();
  });

  it("needs no timer after close()", async () => {
    const { answers } = createApp();
    const source = new TestSource();
    await answers.start("a", source.source);
    await answers.close();
    expect(source.signal!.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("answers on a store of the app", () => {
  it("leave it open, and do not mix with its channels", async () => {
    const logs = memoryLogs();
    const answers = createAnswers({ logs });
    const log = logs.open("a");
    await log.append([{ data: "of a channel" }]);
    expect(await answers.state("a")).toBe("unknown");
    expect(await answers.start("a", ["one"])).toBe(true);
    await answers.close();
    expect([logs.status, log.status]).toEqual(["ready", "ready"]);
    await logs.close();
  });
});
