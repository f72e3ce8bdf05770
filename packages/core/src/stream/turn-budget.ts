import { Queue } from "../queue.js";

// How long the work for all readers may take in one turn of the event loop. A storm of clients delays others by no more
// than this.
const BUDGET_MS = 10;

/**
 * Spreads the work for many streams over turns of the event loop. Each turn has a time limit, and tasks run in the
 * order in which they were deferred.
 */
export class TurnBudget {
  readonly #now: () => number;
  #turnBegan: number | undefined;
  readonly #waiting = new Queue<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param now a clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether nothing more should be done in this turn, because its time is used up or other tasks are waiting. */
  get isSpent(): boolean {
    if (this.#turnBegan === undefined) {
      this.#turnBegan = this.#now();
      this.#nextTurn();
      return false;
    }
    return this.#waiting.size > 0 || this.#now() - this.#turnBegan >= BUDGET_MS;
  }

  /** Calls the task in a turn that has time left. The task must not throw. */
  defer(task: () => void): void {
    this.#waiting.push(task);
    if (this.#turnBegan === undefined) {
      this.#turnBegan = this.#now();
      this.#nextTurn();
    } else {
      (this.#timer as { ref?(): void }).ref?.();
    }
  }

  #nextTurn(): void {
    this.#timer = setTimeout(() => this.#turn(), 0);
    // Without a waiting task, the timer only starts to count anew, so it need not keep the process alive.
    if (this.#waiting.size === 0) (this.#timer as { unref?(): void }).unref?.();
  }

  #turn(): void {
    const began = this.#now();
    this.#turnBegan = began;
    while (this.#waiting.size > 0 && this.#now() - began < BUDGET_MS) this.#waiting.shift()();
    if (this.#waiting.size === 0) this.#turnBegan = undefined;
    else this.#nextTurn();
  }
}

let budget: TurnBudget | undefined;

/**
 * Returns the budget of all streams of this copy of the package. It is made when it is first needed, because a
 * Worker's module scope has no clock.
 */
export function turnBudget(): TurnBudget {
  return (budget ??= new TurnBudget());
}
