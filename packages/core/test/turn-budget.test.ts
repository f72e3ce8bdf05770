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

  it("is spent when the work of a turn has taken its time, and not in the next turn", () => {
    expect(budget.isSpent).toBe(false);
    now += 9;
    expect(budget.isSpent).toBe(false);
    now += 1;
    expect(budget.isSpent).toBe(true);
    turn();
    expect(budget.isSpent).toBe(false);
  });

  it("calls what is deferred in its order, as much in a turn as there is time for", () => {
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

  it("is spent while others wait", () => {
    expect(budget.isSpent).toBe(false);
    budget.defer(() => {});
    expect(budget.isSpent).toBe(true);
    turn();
    turn();
    expect(budget.isSpent).toBe(false);
  });

  it("calls what is deferred by a task", () => {
    const called: string[] = [];
    budget.defer(() => {
      called.push("outer");
      budget.defer(() => called.push("inner"));
    });
    turn();
    turn();
    expect(called).toEqual(["outer", "inner"]);
  });

  it("forgets what it has called", () => {
    let calls = 0;
    for (let i = 0; i < 5_000; i++) budget.defer(() => calls++);
    turn();
    expect(calls).toBe(5_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps the process alive while something waits, and only then", () => {
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
