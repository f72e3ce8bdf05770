import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TurnBudget } from "../src/stream/turn-budget.js";

describe("P16: a turn budget", () => {
  let now = 0;
  let budget: TurnBudget;
  beforeEach(() => {
    vi.useFakeTimers();
    now = 1000;
    budget = new TurnBudget(() => now);
  });
  afterEach(() => void vi.useRealTimers());

  const turn = (): void => void vi.runOnlyPendingTimers();

  it("is spent when the work of a turn has used its time, and is new in the next turn", () => {
    expect(budget.isSpent).toBe(false);
    now += 9;
    expect(budget.isSpent).toBe(false);
    now += 1;
    expect(budget.isSpent).toBe(true);
    turn();
    expect(budget.isSpent).toBe(false);
  });

  it("calls deferred tasks in their order, in each turn as many as there is time for", () => {
    const called: number[] = [];
    for (let i = 0; i < 6; i++) {
      budget.defer(() => {
        called.push(i);
        now += 4;
      });
    }
    expect(called).toEqual([]);
    turn();
    expect(called).toEqual([0, 1, 2]);
    turn();
    expect(called).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("is spent while other tasks wait", () => {
    expect(budget.isSpent).toBe(false);
    budget.defer(() => {});
    expect(budget.isSpent).toBe(true);
    turn();
    turn();
    expect(budget.isSpent).toBe(false);
  });

  it("calls a task that was deferred by another task", () => {
    const called: string[] = [];
    budget.defer(() => {
      called.push("outer");
      budget.defer(() => called.push("inner"));
    });
    turn();
    turn();
    expect(called).toEqual(["outer", "inner"]);
  });

  it("frees the tasks that it has called", () => {
    let calls = 0;
    for (let i = 0; i < 5_000; i++) budget.defer(() => calls++);
    turn();
    expect(calls).toBe(5_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps the process alive only while a task waits", () => {
    vi.useRealTimers();
    const real = new TurnBudget(() => now);
    const timers: NodeJS.Timeout[] = [];
    const set = vi.spyOn(globalThis, "setTimeout");
    expect(real.isSpent).toBe(false);
    timers.push(set.mock.results[0]!.value as NodeJS.Timeout);
    expect(timers[0]!.hasRef()).toBe(false);
    real.defer(() => {});
    expect(timers[0]!.hasRef()).toBe(true);
    set.mockRestore();
  });
});
