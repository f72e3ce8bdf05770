/** An entry of the timing wheel: something that has to act at certain times. */
export interface Scheduled {
  /**
   * Does what is due. Returns the time of the next call, in milliseconds of the scheduler's clock. Must not throw.
   */
  onTime(now: number): number;
  /** The slot of the entry, which the scheduler sets. At first it is `UNSCHEDULED`. */
  wheelSlot: number;
  /** The index of the entry in its slot, which the scheduler sets. */
  wheelIndex: number;
}

/** The slot of an entry that is not on the wheel. */
export const UNSCHEDULED = -1;

// The length of a slot. Entries that are due within it share one timer.
const SLOT_MS = 25;
const MAX_DELAY = 2 ** 31 - 1;

/**
 * A timing wheel: one timer for any number of streams. The timer does not keep the process alive. A stream is in the
 * slot of the time at which it may have something to do. Nothing that happens to the stream before then touches the
 * wheel, not even a write.
 */
export class HeartbeatScheduler {
  readonly #slots = new Map<number, Scheduled[]>();
  #size = 0;
  // No entry is put into a slot before this one.
  #firstSlot = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerSlot = Infinity;

  /**
   * The time of a clock that never goes back, in whole milliseconds, because an engine stores those without a heap
   * object.
   */
  now(): number {
    return Math.floor(performance.now());
  }

  /** The number of entries on the wheel. */
  get size(): number {
    return this.#size;
  }

  /** Calls the entry at the given time, and not at the one that was scheduled before. */
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
    this.#timerSlot = -1; // so that no entry that is scheduled in this loop arms the timer
    const now = this.now();
    // An entry that asks for a time in the past is called in the next turn. In this one the loop would never end.
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
