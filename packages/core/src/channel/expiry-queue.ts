// The precision of the expiry, in milliseconds. Items that expire in the same slot share one call of the timer.
const SLOT_MS = 1_000;
// A limit, so that many items which expire together do not block the event loop.
const MAX_PER_TURN = 5_000;
const MAX_DELAY = 2 ** 31 - 1;

/** Calls `expire` for each item up to a second after it has expired. Its only timer does not keep the process alive. */
export class ExpiryQueue<T> {
  readonly #expire: (item: T) => void;
  readonly #slots = new Map<number, Set<T>>();
  readonly #slotOf = new Map<T, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerSlot = Infinity;

  constructor(expire: (item: T) => void) {
    this.#expire = expire;
  }

  /**
   * Adds an item, which must not be in the queue.
   *
   * @param at when the item expires, in milliseconds of `performance.now()`. `Infinity`: never.
   */
  add(item: T, at: number): void {
    const slot = Math.ceil(at / SLOT_MS);
    const items = this.#slots.get(slot);
    if (items === undefined) this.#slots.set(slot, new Set([item]));
    else items.add(item);
    this.#slotOf.set(item, slot);
    // A Worker drops the timers of a request that has ended. A timer that is overdue is therefore set again.
    const isLost = performance.now() > (this.#timerSlot + 1) * SLOT_MS;
    if (slot < this.#timerSlot || isLost) this.#arm();
  }

  /** Removes an item, which must be in the queue. */
  delete(item: T): void {
    const slot = this.#slotOf.get(item)!;
    this.#slotOf.delete(item);
    const items = this.#slots.get(slot)!;
    items.delete(item);
    if (items.size > 0) return;
    this.#slots.delete(slot);
    if (this.#slots.size === 0) this.#disarm();
  }

  clear(): void {
    for (const item of this.#slotOf.keys()) this.delete(item);
  }

  #arm(): void {
    this.#disarm();
    for (const slot of this.#slots.keys()) if (slot < this.#timerSlot) this.#timerSlot = slot;
    if (this.#timerSlot === Infinity) return;
    const delay = Math.ceil(this.#timerSlot * SLOT_MS - performance.now());
    this.#timer = setTimeout(() => this.#turn(), Math.min(Math.max(1, delay), MAX_DELAY));
    (this.#timer as { unref?(): void }).unref?.();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timerSlot = Infinity;
  }

  #turn(): void {
    const slotNow = performance.now() / SLOT_MS;
    let left = MAX_PER_TURN;
    for (const [slot, items] of this.#slots) {
      if (slot > slotNow) continue;
      for (const item of items) {
        if (left-- === 0) return this.#arm();
        this.delete(item);
        this.#expire(item);
      }
    }
    this.#arm();
  }
}
