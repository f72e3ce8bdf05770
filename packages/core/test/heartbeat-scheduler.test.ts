import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HeartbeatScheduler, UNSCHEDULED, type Scheduled } from "../src/stream/heartbeat-scheduler.js";

const entry = (onTime: (now: number) => number = () => Infinity) =>
  ({ onTime: vi.fn(onTime), wheelSlot: UNSCHEDULED, wheelIndex: 0 }) satisfies Scheduled;

describe("HeartbeatScheduler", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("calls an entry when it is due, and not before", () => {
    const scheduler = new HeartbeatScheduler();
    const due = entry();
    scheduler.schedule(due, scheduler.now() + 1000);
    vi.advanceTimersByTime(999);
    expect(due.onTime).not.toHaveBeenCalled();
    vi.advanceTimersByTime(30);
    expect(due.onTime).toHaveBeenCalledTimes(1);
  });

  it("calls an entry again at the time that it returns, once in each interval", () => {
    const scheduler = new HeartbeatScheduler();
    const due = entry((now) => now + 1000);
    scheduler.schedule(due, scheduler.now() + 1000);
    vi.advanceTimersByTime(10_300);
    expect(due.onTime).toHaveBeenCalledTimes(10);
  });

  it("has one timer for any number of entries, and none without entries", () => {
    const scheduler = new HeartbeatScheduler();
    const entries = Array.from({ length: 1000 }, () => entry((now) => now + 15_000));
    for (const [i, one] of entries.entries()) scheduler.schedule(one, scheduler.now() + i * 15);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(60_000);
    expect(vi.getTimerCount()).toBe(1);
    for (const one of entries) scheduler.cancel(one);
    expect(scheduler.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("brings its timer forward for an entry that is due earlier", () => {
    const scheduler = new HeartbeatScheduler();
    scheduler.schedule(entry(), scheduler.now() + 60_000);
    const sooner = entry();
    scheduler.schedule(sooner, scheduler.now() + 100);
    vi.advanceTimersByTime(130);
    expect(sooner.onTime).toHaveBeenCalledTimes(1);
  });

  it("does not call an entry that was cancelled by the call of another one", () => {
    const scheduler = new HeartbeatScheduler();
    const second = entry();
    const first = entry(() => {
      scheduler.cancel(second);
      return Infinity;
    });
    scheduler.schedule(first, scheduler.now() + 100);
    scheduler.schedule(second, scheduler.now() + 100);
    vi.advanceTimersByTime(200);
    expect(first.onTime).toHaveBeenCalledTimes(1);
    expect(second.onTime).not.toHaveBeenCalled();
    expect(scheduler.size).toBe(0);
  });

  it("moves an entry instead of keeping it twice", () => {
    const scheduler = new HeartbeatScheduler();
    const moved = entry();
    scheduler.schedule(moved, scheduler.now() + 100);
    scheduler.schedule(moved, scheduler.now() + 5000);
    vi.advanceTimersByTime(4900);
    expect(moved.onTime).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(moved.onTime).toHaveBeenCalledTimes(1);
  });

  it("does not loop for ever on an entry that returns a time in the past", () => {
    const scheduler = new HeartbeatScheduler();
    const hasty = entry(() => 0);
    scheduler.schedule(hasty, scheduler.now());
    vi.advanceTimersByTime(250);
    expect(hasty.onTime.mock.calls.length).toBeGreaterThan(2);
    expect(hasty.onTime.mock.calls.length).toBeLessThan(13);
  });
});

describe("the timer of a HeartbeatScheduler", () => {
  it("does not keep the process alive", () => {
    const unref = vi.spyOn(Object.getPrototypeOf(setTimeout(() => {}, 0)) as { unref(): void }, "unref");
    const scheduler = new HeartbeatScheduler();
    const one = entry();
    scheduler.schedule(one, scheduler.now() + 60_000);
    expect(unref).toHaveBeenCalledTimes(1);
    scheduler.cancel(one);
    unref.mockRestore();
  });
});
