import { createAnswers } from "@ssekit/answers";
import { LatentServer, pause, within } from "@ssekit/conformance";
import { memoryLogs, type Draft, type EventLog, type LogStore } from "@ssekit/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { TestSource, untilOver } from "../../conformance/src/answers-contract/answers-cluster.js";

/** Notes the batches that are appended to the logs of answers. */
function watchBatches(store: LogStore): { logs: LogStore; batches: (readonly Draft[])[] } {
  const batches: (readonly Draft[])[] = [];
  const open: LogStore["open"] = (key, history) => {
    const log: EventLog = store.open(key, history);
    if (key === "~nodes") return log;
    const append = log.append.bind(log);
    log.append = (drafts, options) => {
      batches.push(drafts);
      return append(drafts, options);
    };
    return log;
  };
  return { batches, logs: { open, close: () => store.close(), status: "ready" } };
}

const texts = (batches: (readonly Draft[])[]): string[][] =>
  batches.map((drafts) => drafts.filter(({ control }) => !control).map(({ data, event }) => data || event!));

describe("the events of a source", () => {
  it("are appended to a remote log in batches of 50 ms", async () => {
    const { logs, batches } = watchBatches(new LatentServer().connect());
    const answers = createAnswers({ logs });
    onTestFinished(() => answers.close());
    const words = Array.from({ length: 500 }, (_, n) => `${n}`);
    await answers.start("a", words);
    expect(await untilOver({ answers }, "a")).toBe("done");
    expect(texts(batches).flat()).toEqual([...words, "done"]);
    expect(batches.length).toBeLessThan(10);
  });

  it("are appended to a log in memory at once, one by one", async () => {
    const { logs, batches } = watchBatches(memoryLogs());
    const answers = createAnswers({ logs });
    onTestFinished(() => answers.close());
    await answers.start("a", ["one", "two"]);
    expect(await untilOver({ answers }, "a")).toBe("done");
    expect(texts(batches)).toEqual([[], ["one"], ["two"], ["done"]]);
  });

  it("are collected for `flushInterval` on every log, and the end does not wait for it", async () => {
    const { logs, batches } = watchBatches(memoryLogs());
    const answers = createAnswers({ logs, flushInterval: 60_000 });
    onTestFinished(() => answers.close());
    const source = new TestSource();
    await answers.start("a", source.source);
    source.write("one", "two");
    await pause(50);
    expect(texts(batches)).toEqual([[]]);
    source.end();
    expect(await untilOver({ answers }, "a")).toBe("done");
    expect(texts(batches)).toEqual([[], ["one", "two", "done"]]);
  });

  it("are not read without limit while the log is down, and all arrive afterwards", async () => {
    const server = new LatentServer();
    const answers = createAnswers({ logs: server.connect(), maxBytes: Infinity, onError: () => {} });
    onTestFinished(() => answers.close());
    let read = 0;
    function* count(): Generator<string> {
      for (; read < 3_000; read++) yield `${read}`.padStart(1_000);
    }
    let goUp: (() => void) | undefined;
    await answers.start("a", () => {
      goUp = server.goDown();
      return count();
    });
    await pause(500);
    expect(read).toBeGreaterThan(50);
    expect(read).toBeLessThan(200); // 64 KiB wait, and as much is being appended
    goUp!();
    expect(await untilOver({ answers }, "a")).toBe("done");
    expect(read).toBe(3_000);
  });
});

describe("the events of a source without data", () => {
  it("are not read without limit while the log is down", async () => {
    const server = new LatentServer();
    const answers = createAnswers({ logs: server.connect(), onError: () => {} });
    onTestFinished(() => answers.close());
    let read = 0;
    function* ticks(): Generator<{ event: string }> {
      for (; read < 20_000; read++) yield { event: "tick" };
    }
    await answers.start("a", () => {
      server.goDown();
      return ticks();
    });
    await pause(500);
    expect(read).toBeGreaterThan(50);
    expect(read).toBeLessThan(3_000);
  });
});

describe("close() of answers", () => {
  it("does not wait for ever for a log that is down", async () => {
    const server = new LatentServer();
    const answers = createAnswers({ logs: server.connect(), onError: () => {} });
    const source = new TestSource();
    await answers.start("a", source.source);
    server.goDown();
    await within("close()", answers.close());
    expect(source.signal!.aborted).toBe(true);
    await within("close() once more", answers.close());
  });

  it("ends what is claimed at that moment before it resolves", async () => {
    const server = new LatentServer();
    const other = createAnswers({ logs: server.connect() });
    onTestFinished(() => other.close());
    const answers = createAnswers({ logs: server.connect() });
    const source = new TestSource();
    const starting = answers.start("a", source.source);
    await answers.close();
    expect(await other.state("a")).toBe("failed");
    expect([await starting, source.starts]).toEqual([false, 0]);
  });
});
