import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryLog, type Draft, type History, type News } from "@ssekit/core";

const MUCH = { events: 1_000, bytes: 1 << 20 };

function dataOf(log: MemoryLog, from: Parameters<MemoryLog["read"]>[0] = "oldest"): string[] {
  const read = log.read(from, MUCH);
  return "entries" in read ? read.entries.map(({ data }) => data) : [`reset: ${read.reset}`];
}

const drafts = (...data: string[]): Draft[] => data.map((text) => ({ data: text }));

describe("the options of a history", () => {
  it.each<[unknown, string]>([
    [100, "MemoryLog: expected an object with events, bytes, age, got number 100"],
    [null, "MemoryLog: expected an object with events, bytes, age, got null"],
    ["10", 'MemoryLog: expected an object with events, bytes, age, got "10"'],
    [[], "MemoryLog: expected an object with events, bytes, age, got an object (Array)"],
    [{ event: 1 }, "MemoryLog: event: no such option; it takes events, bytes, age"],
    [{ toString: 1 }, "MemoryLog: toString: no such option; it takes events, bytes, age"],
    [{ keep: 1 }, "MemoryLog: keep: no such option; it takes events, bytes, age"],
    [{ events: 0 }, "MemoryLog: events: expected a whole number above 0, or Infinity, got number 0"],
    [{ events: 1.5 }, "MemoryLog: events: expected a whole number above 0, or Infinity, got number 1.5"],
    [{ bytes: NaN }, "MemoryLog: bytes: expected a number above 0, got number NaN"],
    [{ age: "5" }, 'MemoryLog: age: expected a number above 0, got "5"'],
    [{ age: -1 }, "MemoryLog: age: expected a number above 0, got number -1"],
    [{ complete: false }, "MemoryLog: complete: expected true, got boolean false"],
    [{ complete: true }, "MemoryLog: keep: expected a number above 0, got undefined"],
    [{ complete: true, keep: 1 }, "MemoryLog: maxBytes: expected a number above 0, got undefined"],
    [
      { complete: true, keep: 1, maxBytes: 1, age: 1 },
      "MemoryLog: age: no such option; it takes complete, keep, maxBytes",
    ],
    [{ complete: true, keep: null, maxBytes: 1 }, "MemoryLog: keep: expected a number above 0, got null"],
  ])("are checked: %j", (history, message) => {
    expect(() => new MemoryLog(history as History)).toThrow(
      expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION", message }) as Error,
    );
  });

  it.each<[History | undefined]>([
    [undefined],
    [{}],
    [{ events: undefined, bytes: undefined }],
    [{ events: Infinity, bytes: Infinity, age: Infinity }],
    [{ complete: true, keep: Infinity, maxBytes: Infinity }],
  ])("may be %j", (history) => {
    const log = new MemoryLog(history);
    log.append(drafts("a", "b"));
    expect(dataOf(log)).toEqual(["a", "b"]);
  });
});

describe("append", () => {
  it("stores nothing of a batch in which one draft cannot be encoded", () => {
    const log = new MemoryLog();
    const told: News[] = [];
    log.tail((news) => told.push(news));
    const { cursor } = log.peek();
    expect(() =>
      log.append([
        { data: "a", idempotencyKey: "k" },
        { data: "b", event: "two\nlines" },
      ]),
    ).toThrow(expect.objectContaining({ code: "ERR_SSE_INVALID_FIELD" }) as Error);
    expect([log.peek().cursor, told, dataOf(log, "start")]).toEqual([cursor, [], []]);
    const [id] = log.append([{ data: "c", idempotencyKey: "k" }]);
    expect(dataOf(log, { after: cursor })).toEqual(["c"]);
    expect(log.peek().first?.id).toBe(id);
  });

  it("tells listeners of a batch within the call", () => {
    const log = new MemoryLog({ events: 1 });
    const told: string[][] = [];
    log.tail((news) => told.push("entries" in news ? news.entries.map(({ data }) => data) : []));
    log.append(drafts("a", "b", "c"));
    log.append(drafts("d"));
    expect(told).toEqual([["a", "b", "c"], ["d"]]);
    expect(dataOf(log)).toEqual(["d"]);
  });

  it("delivers the entries that a listener appends after the current entry has reached every listener", () => {
    const log = new MemoryLog();
    const calls: string[] = [];
    const listen = (name: string) => (news: News) => {
      for (const { data } of "entries" in news ? news.entries : []) {
        calls.push(`${name}: ${data}`);
        if (name === "one" && data.length < 3) log.append(drafts(`${data}+`));
        calls.push(`${name} returns, having read ${dataOf(log).join(" ")}`);
      }
    };
    log.tail(listen("one"));
    log.tail(listen("two"));
    log.append(drafts("a"));
    expect(calls).toEqual([
      "one: a",
      "one returns, having read ",
      "two: a",
      "two returns, having read ",
      "one: a+",
      "one returns, having read a",
      "two: a+",
      "two returns, having read a",
      "one: a++",
      "one returns, having read a a+",
      "two: a++",
      "two returns, having read a a+",
    ]);
    expect(dataOf(log)).toEqual(["a", "a+", "a++"]);
  });

  it("reports an error that a listener throws, at once or later, and still tells the other listeners", async () => {
    const reported = vi.spyOn(console, "error").mockImplementation(() => {});
    const log = new MemoryLog();
    const [error, later] = [new Error("thrown"), new Error("rejected")];
    const told: News[] = [];
    log.tail(() => {
      throw error;
    });
    log.tail(async () => {
      throw later;
    });
    log.tail((news) => told.push(news));
    log.append(drafts("a"));
    await Promise.resolve();
    const reports = reported.mock.calls;
    reported.mockRestore();
    expect(reports).toEqual([[error], [later]]);
    expect(told).toHaveLength(1);
  });
});

describe("tail", () => {
  it("begins, when a listener calls it, with the entry that this listener is receiving", () => {
    const log = new MemoryLog();
    const inner: string[] = [];
    const outer: string[] = [];
    let cursor: string | undefined;
    log.tail((news) => {
      if (!("entries" in news)) return;
      outer.push(...news.entries.map(({ data }) => data));
      if (cursor !== undefined) return;
      ({ cursor } = log.tail((own) => {
        if ("entries" in own) inner.push(...own.entries.map(({ data }) => data));
      }));
    });
    log.append(drafts("a"));
    log.append(drafts("b"));
    expect([outer, inner, dataOf(log, { after: cursor! })]).toEqual([
      ["a", "b"],
      ["a", "b"],
      ["a", "b"],
    ]);
  });

  it("does not say that the log has ended before its listeners have been told", () => {
    const log = new MemoryLog();
    const ends: (string | undefined)[] = [];
    log.tail(() => {
      const tail = log.tail(() => {});
      ends.push(tail.end?.data);
      tail.stop();
    });
    log.append([{ data: "bye", end: true }]);
    ends.push(log.tail(() => {}).end?.data);
    expect(ends).toEqual([undefined, "bye"]);
  });

  it("tells a listener twice if it has two tails, and once when one of them is stopped", () => {
    const log = new MemoryLog();
    const told: News[] = [];
    const listener = (news: News): void => void told.push(news);
    const tails = [log.tail(listener), log.tail(listener)];
    log.append(drafts("a"));
    expect(told).toHaveLength(2);
    tails[0]!.stop();
    log.append(drafts("b"));
    expect(told).toHaveLength(3);
  });
});

describe("its history", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("has the entries that are younger than its age, to the millisecond", () => {
    const log = new MemoryLog({ age: 1_000 });
    log.append(drafts("a"));
    vi.advanceTimersByTime(999);
    log.append(drafts("b"));
    expect(dataOf(log)).toEqual(["a", "b"]);
    vi.advanceTimersByTime(1);
    expect(dataOf(log)).toEqual(["b"]);
    expect(dataOf(log, "start")).toEqual(["reset: evicted"]);
    vi.advanceTimersByTime(999);
    expect(dataOf(log)).toEqual([]);
  });

  it("expires as a whole when it is complete, `keep` milliseconds after the newest entry", () => {
    const log = new MemoryLog({ complete: true, keep: 1_000, maxBytes: 1_000 });
    log.append([{ data: "a", idempotencyKey: "k" }]);
    vi.advanceTimersByTime(5_000);
    const end: Draft = { data: "bye", end: true };
    log.append([end]);
    vi.advanceTimersByTime(999);
    expect(dataOf(log, "start")).toEqual(["a", "bye"]);
    vi.advanceTimersByTime(1);
    expect(dataOf(log, "start")).toEqual(["reset: evicted"]);
    expect(dataOf(log)).toEqual([]);
    expect(log.peek().end).toMatchObject(end);
    expect(() => log.append([{ data: "a", idempotencyKey: "k" }])).toThrow(
      expect.objectContaining({ code: "ERR_SSE_CHANNEL_ENDED" }) as Error,
    );
  });

  it("has no first entry when that is too old, whatever was called before", () => {
    const log = new MemoryLog({ age: 1_000 });
    const [id] = log.append(drafts("a"));
    vi.advanceTimersByTime(1_000);
    expect(log.peek()).toEqual({ cursor: id, first: undefined, end: undefined });
  });

  it("keeps the end, however old it is, so that a client that comes back late is told of it", () => {
    const log = new MemoryLog({ age: 1_000 });
    const [id] = log.append(drafts("a"));
    log.append([{ data: "bye", end: true }]);
    vi.advanceTimersByTime(60_000);
    expect(dataOf(log)).toEqual(["bye"]);
    const read = log.read("start", MUCH);
    expect(read).toEqual({ reset: "evicted", cursor: id });
    expect(dataOf(log, { after: read.cursor })).toEqual(["bye"]);
  });

  it("counts the bytes of the event on the wire, of its topics and of its key", () => {
    const draft: Draft = { data: "a", topics: ["ü", "t"], idempotencyKey: "€" };
    const probe = new MemoryLog();
    probe.append([draft]);
    const size = probe.peek().first!.frame.bytes.byteLength + 2 + 1 + 3;
    const fits = new MemoryLog({ complete: true, keep: 1_000, maxBytes: size });
    fits.append([draft]);
    const full = new MemoryLog({ complete: true, keep: 1_000, maxBytes: size - 1 });
    expect(() => full.append([draft])).toThrow(
      expect.objectContaining({
        code: "ERR_SSE_LOG_FULL",
        message: `The log would hold ${size} bytes, more than its maxBytes of ${size - 1}: nothing was stored`,
      }) as Error,
    );
    expect([dataOf(fits), dataOf(full, "start")]).toEqual([["a"], []]);
  });

  it("forgets keys with their entries, and keeps the rest in order, over many of them", () => {
    const log = new MemoryLog({ events: 10 });
    const ids = new Set<string>();
    const oldest: string[] = [];
    for (let i = 0; i < 1_000; i++) {
      const [id] = log.append([{ data: String(i), idempotencyKey: `k${i % 20}` }]);
      ids.add(id!);
      oldest.push(dataOf(log)[0]!);
    }
    expect(oldest).toEqual(Array.from({ length: 1_000 }, (_, i) => String(Math.max(0, i - 9))));
    expect(ids.size).toBe(1_000);
  });
});

it("frees a listener when its tail is stopped", async () => {
  const log = new MemoryLog();
  const follow = (): WeakRef<object> => {
    const listener = (): void => {};
    log.tail(listener).stop();
    return new WeakRef(listener);
  };
  const listener = follow();
  await new Promise((turn) => setTimeout(turn));
  globalThis.gc!();
  expect([listener.deref(), log.status]).toEqual([undefined, "ready"]);
});

it("frees an evicted entry at once", async () => {
  const log = new MemoryLog({ events: 1 });
  log.append([{ data: "a".repeat(1_000), idempotencyKey: "k" }]);
  const evicted = new WeakRef(log.peek().first!);
  log.append(drafts("b"));
  await new Promise((turn) => setTimeout(turn));
  globalThis.gc!();
  expect([evicted.deref(), dataOf(log)]).toEqual([undefined, ["b"]]);
});

it("frees its entries when it is closed", async () => {
  const log = new MemoryLog();
  log.append([{ data: "a".repeat(1_000) }]);
  const kept = new WeakRef(log.peek().first!);
  await log.close();
  await new Promise((turn) => setTimeout(turn));
  globalThis.gc!();
  expect([kept.deref(), log.status]).toEqual([undefined, "closed"]);
});

it.each<[string, (log: MemoryLog) => unknown]>([
  ["append", (log) => log.append(drafts("a"))],
  ["read", (log) => log.read("start", MUCH)],
  ["tail", (log) => log.tail(() => {})],
  ["peek", (log) => log.peek()],
])("refuses to %s when it is closed", async (_name, call) => {
  const log = new MemoryLog();
  await log.close();
  expect(() => call(log)).toThrow(expect.objectContaining({ code: "ERR_SSE_CHANNEL_CLOSED" }) as Error);
});
