/** Something that has things to do at certain times. */
export interface Scheduled {
  /** Does what is due. Returns when to be called again, in milliseconds of the scheduler's clock. Must not throw. */
  onTime(now: number): number;
  /** Where it is on the wheel; kept by the scheduler. At first `UNSCHEDULED`. */
  wheelSlot: number;
  /** Its place in the slot; kept by the scheduler. */
  wheelIndex: number;
}

/** The slot of what is not on the wheel. */
export const UNSCHEDULED = -1;

// How exact a time is. Streams that are due within it share one timer.
const SLOT_MS = 25;
const MAX_DELAY = 2 ** 31 - 1;

/**
 * A timing wheel: one timer, which does not keep the process alive, for any number of streams. A stream stands in
 * the slot of the time at which it may have something to do; what happens to it until then, a write above all, does
 * not touch the wheel.
 */
export class HeartbeatScheduler {
  readonly #slots = new Map<number, Scheduled[]>();
  #size = 0;
  // No entry goes into a slot before this one.
  #firstSlot = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerSlot = Infinity;

  /** Whole milliseconds, which cost no memory where they are kept, of a clock that never goes back. */
  now(): number {
    return Math.floor(performance.now());
  }

  /** How many entries are on the wheel. */
  get size(): number {
    return this.#size;
  }

  /** Calls the entry at the given time, instead of when it was to be called before. */
  schedule(entry: Scheduled, at: number): void {
    this.cancel(entry);
    if (at === Infinity) return;
    const slot = Math.max(Math.ceil(at / SLOT_MS), this.#firstSlot);
    let entries = this.#slots.get(slot);
    if (entries === undefined) this.#slots.set(slot, (entries = []));
    entry.wheelSlot = slot;
    entry.wheelIndex = entries.push(entry) - 1;
    this.#size++;
    if (slot < this.#timerSlot) this.#arm(slot);
  }

  cancel(entry: Scheduled): void {
    const { wheelSlot } = entry;
    if (wheelSlot === UNSCHEDULED) return;
    const entries = this.#slots.get(wheelSlot)!;
    const last = entries.pop()!;
    if (last !== entry) {
      entries[entry.wheelIndex] = last;
      last.wheelIndex = entry.wheelIndex;
    }
    entry.wheelSlot = UNSCHEDULED;
    this.#size--;
    if (entries.length === 0) this.#slots.delete(wheelSlot);
    if (this.#size === 0) this.#disarm();
  }

  #arm(slot: number): void {
    this.#disarm();
    this.#timerSlot = slot;
    const delay = Math.min(Math.max(0, slot * SLOT_MS - performance.now()), MAX_DELAY);
    this.#timer = setTimeout(() => this.#turn(), Math.ceil(delay));
    (this.#timer as { unref?(): void }).unref?.();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerSlot = Infinity;
  }

  #turn(): void {
    this.#timerSlot = -1; // no entry that is scheduled meanwhile arms the timer
    const now = this.now();
    // An entry that asks for the past is called in the next turn, not in this one for ever.
    this.#firstSlot = Math.floor(performance.now() / SLOT_MS) + 1;
    for (const [slot, entries] of this.#slots) {
      if (slot >= this.#firstSlot) continue;
      while (entries.length > 0) {
        const entry = entries[0]!;
        this.cancel(entry);
        this.schedule(entry, entry.onTime(now));
      }
    }
    this.#firstSlot = 0;
    this.#disarm();
    let next = Infinity;
    for (const slot of this.#slots.keys()) if (slot < next) next = slot;
    if (next < Infinity) this.#arm(next);
  }
}
