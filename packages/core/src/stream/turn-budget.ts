import { Queue } from "../queue.js";

// What all readers together may use of one turn of the event loop. A storm of clients then delays nobody by more.
const BUDGET_MS = 10;

/** Shares the event loop: what many streams have to do is spread over turns, by time and in the order in which they ask. */
export class TurnBudget {
  readonly #now: () => number;
  #turnBegan: number | undefined;
  readonly #waiting = new Queue<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param now a clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether nothing more should be done in this turn: its time is used up, or others wait for theirs. */
  get isSpent(): boolean {
    if (this.#turnBegan === undefined) {
      this.#turnBegan = this.#now();
      this.#nextTurn();
      return false;
    }
    return this.#waiting.size > 0 || this.#now() - this.#turnBegan >= BUDGET_MS;
  }

  /** Calls the task in a turn that has time left. It must not throw. */
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
    // Nothing to do then but to begin a new account: no reason for a process to stay.
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

/** The budget of all streams of this copy of the package. Made late: a Worker's module scope has no clock. */
export function turnBudget(): TurnBudget {
  return (budget ??= new TurnBudget());
}
