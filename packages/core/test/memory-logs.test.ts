import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { memoryLogs, type EventLog, type History, type LogStore } from "@ssekit/core";

const MUCH = { events: 1_000, bytes: 1 << 20 };

function dataOf(log: EventLog): string[] {
  const read = log.read("start", MUCH);
  return "entries" in read ? read.entries.map(({ data }) => data) : ["reset"];
}

/** Opens a log, appends an entry and closes the log. Returns the epoch of the log. */
async function visit(logs: LogStore, key: string, history?: History, data?: string): Promise<string> {
  const log = logs.open(key, history);
  if (data !== undefined) await log.append([{ data }]);
  const { cursor } = await log.peek();
  await log.close();
  return cursor.split("-")[0]!;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a log that is open nowhere", () => {
  it("is kept until its newest entry is too old, and then begins a new epoch", async () => {
    const logs = memoryLogs({ age: 10_000 });
    const epoch = await visit(logs, "a", undefined, "one");
    vi.advanceTimersByTime(6_000);
    expect(await visit(logs, "a", undefined, "two")).toBe(epoch);
    vi.advanceTimersByTime(9_999);
    expect(await visit(logs, "a")).toBe(epoch);
    vi.advanceTimersByTime(1);
    const log = logs.open("a");
    expect(dataOf(log)).toEqual([]);
    expect(await visit(logs, "a")).not.toBe(epoch);
  });

  it("is kept for `keep` milliseconds after its newest entry if its history is complete, ended or not", async () => {
    const logs = memoryLogs();
    const history: History = { complete: true, keep: 60_000, maxBytes: 1_000 };
    const epoch = await visit(logs, "a", history, "one");
    vi.advanceTimersByTime(59_999);
    expect(dataOf(logs.open("a", history))).toEqual(["one"]);
    const other = await visit(logs, "b", history, "one");
    vi.advanceTimersByTime(60_000);
    expect(await visit(logs, "b", history)).not.toBe(other);
    expect(await visit(logs, "a", history)).toBe(epoch); // the log is open elsewhere
  });

  it("needs no timer when it is opened again", async () => {
    const logs = memoryLogs();
    await visit(logs, "a", undefined, "one");
    expect(vi.getTimerCount()).toBe(1);
    const log = logs.open("a");
    expect([vi.getTimerCount(), log.status]).toEqual([0, "ready"]);
  });

  it("is forgotten at once if it never had an entry", async () => {
    const logs = memoryLogs({ age: Infinity });
    expect(await visit(logs, "a")).not.toBe(await visit(logs, "a"));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is kept for ever if its history never expires", async () => {
    const logs = memoryLogs({ age: Infinity });
    const epoch = await visit(logs, "a", undefined, "one");
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1e10);
    expect(await visit(logs, "a")).toBe(epoch);
  });

  it("frees its memory when it is forgotten", async () => {
    const logs = memoryLogs({ age: 10_000 });
    const log = logs.open("a");
    await log.append([{ data: "x" }]);
    const entry = new WeakRef((await log.peek()).first!);
    await log.close();
    await vi.advanceTimersByTimeAsync(12_000);
    vi.useRealTimers();
    await new Promise((turn) => setTimeout(turn));
    globalThis.gc!();
    expect(entry.deref()).toBeUndefined();
  });
});

describe("a log that is open", () => {
  it("is kept for as long as it is open somewhere, while each entry expires in its time", async () => {
    const logs = memoryLogs({ age: 10_000 });
    const [one, other] = [logs.open("a"), logs.open("a")];
    await one.append([{ data: "one" }]);
    await one.close();
    await one.close();
    vi.advanceTimersByTime(60_000);
    const { cursor } = await other.peek();
    expect(cursor).toMatch(/-1$/);
    await other.close();
    expect((await logs.open("a").peek()).cursor).toMatch(/-0$/);
  });

  it("is not forgotten at the time at which it would have expired if it had not been opened again", async () => {
    const logs = memoryLogs({ age: 10_000 });
    const epoch = await visit(logs, "a", undefined, "one");
    vi.advanceTimersByTime(5_000);
    const log = logs.open("a");
    await log.append([{ data: "two" }]);
    vi.advanceTimersByTime(9_000);
    expect(await visit(logs, "a")).toBe(epoch);
    await log.close();
    expect(await visit(logs, "a")).toBe(epoch);
  });

  it("has the history with which it was opened first", async () => {
    const logs = memoryLogs({ events: 3 });
    const first = logs.open("a", { events: 1 });
    const second = logs.open("a", { events: 100 });
    const third = logs.open("a");
    await third.append([{ data: "one" }, { data: "two" }]);
    const counts = [first, second, third].map((log) => {
      const read = log.read("oldest", MUCH);
      return "entries" in read ? read.entries.length : -1;
    });
    expect(counts).toEqual([1, 1, 1]);
  });
});

it("needs one timer for any number of logs, forgets a limited number at once, and ends without a timer", async () => {
  const logs = memoryLogs({ age: 10_000 });
  for (let i = 0; i < 12_000; i++) await visit(logs, `key ${i}`, undefined, "x");
  expect(vi.getTimerCount()).toBe(1);
  let turns = 0;
  for (; vi.getTimerCount() > 0; turns++) {
    expect([vi.getTimerCount(), turns < 20]).toEqual([1, true]);
    vi.advanceTimersToNextTimer();
  }
  expect(turns).toBeGreaterThan(1);
});

it("forgets each log at its time, in whatever order the logs were closed", async () => {
  const logs = memoryLogs();
  const forgotten = vi.spyOn(Map.prototype, "delete");
  for (const age of [30_000, 10_000, 20_000]) await visit(logs, `aged ${age}`, { age }, "x");
  forgotten.mockClear();
  expect(vi.getTimerCount()).toBe(1);
  const isForgotten = (age: number): boolean => forgotten.mock.calls.some(([key]) => key === `aged ${age}`);
  const seen: boolean[][] = [];
  for (let time = 0; time < 3; time++) {
    vi.advanceTimersByTime(11_000);
    seen.push([10_000, 20_000, 30_000].map(isForgotten));
  }
  forgotten.mockRestore();
  expect(seen).toEqual([
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

it("does not keep the process alive", async () => {
  vi.useRealTimers();
  const set = vi.spyOn(globalThis, "setTimeout");
  const logs = memoryLogs({ age: 60_000 });
  await visit(logs, "a", undefined, "x");
  const timers = set.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef());
  set.mockRestore();
  expect(timers).toEqual([false]);
  await logs.close();
});

it("forgets expired logs even if its timer was lost, as in a Worker", async () => {
  const logs = memoryLogs({ age: 10_000 });
  const log = logs.open("a");
  await log.append([{ data: "x" }]);
  await log.close();
  vi.clearAllTimers();
  vi.advanceTimersByTime(60_000);
  await visit(logs, "b", undefined, "x");
  expect(vi.getTimerCount()).toBe(1);
  const before = performance.now();
  vi.advanceTimersToNextTimer();
  expect(performance.now() - before).toBeLessThan(100);
});

it("opens and closes very many logs without keeping one", async () => {
  vi.useRealTimers();
  const logs = memoryLogs();
  const log = logs.open("warm");
  await log.close();
  globalThis.gc!();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 500_000; i++) await logs.open(`key ${i}`).close();
  globalThis.gc!();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10 << 20);
  expect(logs.status).toBe("ready"); // keeps the store itself from being collected
});

it("frees the logs that it keeps when it is closed", async () => {
  vi.useRealTimers();
  const logs = memoryLogs();
  const keep = async (): Promise<WeakRef<object>> => {
    const log = logs.open("a");
    await log.append([{ data: "x" }]);
    const entry = new WeakRef((await log.peek()).first!);
    await log.close();
    return entry;
  };
  const entry = await keep();
  await logs.close();
  await new Promise((turn) => setTimeout(turn));
  globalThis.gc!();
  expect([entry.deref(), logs.status]).toEqual([undefined, "closed"]);
});

it("closes all its logs when it is closed, and then has no timer", async () => {
  const logs = memoryLogs();
  await visit(logs, "a", undefined, "x");
  const log = logs.open("b");
  await log.append([{ data: "x" }]);
  await logs.close();
  await logs.close();
  expect([logs.status, log.status, vi.getTimerCount()]).toEqual(["closed", "closed", 0]);
  await log.close();
  expect(vi.getTimerCount()).toBe(0);
  expect(() => logs.open("a")).toThrow(expect.objectContaining({ code: "ERR_SSE_CHANNEL_CLOSED" }) as Error);
});

it.each<[() => unknown, string]>([
  [
    () => memoryLogs(100 as History),
    "memoryLogs: expected an object with events, bytes, age, got number 100",
  ],
  [() => memoryLogs().open(7 as unknown as string), "open: key: expected a string, got number 7"],
  [
    () => memoryLogs().open("a", { events: -1 }),
    "open: history.events: expected a whole number above 0, or Infinity, got number -1",
  ],
])("says what is wrong with an argument: %s", (call, message) => {
  expect(call).toThrow(expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION", message }) as Error);
});
