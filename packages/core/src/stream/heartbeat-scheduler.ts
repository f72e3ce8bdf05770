/** Something that wants to be looked at from time to time. */
export interface Scheduled {
  /** Does what is due. Returns when to look again, in milliseconds of the scheduler's clock. Must not throw. */
  look(now: number): number;
}

// How exact a look is. Streams that are due within it share one timer.
const SLOT_MS = 25;
const MAX_DELAY = 2 ** 31 - 1;

/**
 * A timing wheel: one timer, which does not keep the process alive, for any number of streams. A stream stands in
 * the slot of the time at which it may have something to do; what happens to it until then, a write above all, does
 * not touch the wheel.
 */
export class HeartbeatScheduler {
  readonly #slots = new Map<number, Set<Scheduled>>();
  readonly #slotOf = new Map<Scheduled, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerSlot = Infinity;

  /** Milliseconds of a clock that never goes back. */
  now(): number {
    return performance.now();
  }

  /** How many entries are on the wheel. */
  get size(): number {
    return this.#slotOf.size;
  }

  /** Looks at the entry at the given time, instead of when it was to be looked at before. */
  schedule(entry: Scheduled, at: number): void {
    this.cancel(entry);
    if (at === Infinity) return;
    const slot = Math.ceil(at / SLOT_MS);
    this.#slotOf.set(entry, slot);
    const entries = this.#slots.get(slot);
    if (entries) entries.add(entry);
    else this.#slots.set(slot, new Set([entry]));
    if (slot < this.#timerSlot) this.#arm(slot);
  }

  cancel(entry: Scheduled): void {
    const slot = this.#slotOf.get(entry);
    if (slot === undefined) return;
    this.#slotOf.delete(entry);
    const entries = this.#slots.get(slot)!;
    entries.delete(entry);
    if (entries.size > 0) return;
    this.#slots.delete(slot);
    if (this.#slots.size === 0) this.#disarm();
  }

  #arm(slot: number): void {
    this.#disarm();
    this.#timerSlot = slot;
    const delay = Math.min(Math.max(0, slot * SLOT_MS - this.now()), MAX_DELAY);
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
    for (const [slot, entries] of this.#slots) {
      if (slot * SLOT_MS > now) continue;
      // An entry that asks for the past is looked at in the next turn, not in this one for ever.
      for (const entry of entries) this.schedule(entry, Math.max(entry.look(now), now + 1));
    }
    this.#disarm();
    let next = Infinity;
    for (const slot of this.#slots.keys()) if (slot < next) next = slot;
    if (next < Infinity) this.#arm(next);
  }
}
