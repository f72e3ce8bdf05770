// How exact the expiry is. Items that expire within it share one turn of the timer.
const SLOT_MS = 1_000;
// So that very many items which expire together do not hold up the event loop.
const MAX_PER_TURN = 5_000;
const MAX_DELAY = 2 ** 31 - 1;

/** Calls back for items some time after they have expired, with one timer, which does not keep the process alive. */
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
   * @param item one that is not in the queue.
   * @param at in milliseconds of `performance.now()`. `Infinity`: never.
   */
  add(item: T, at: number): void {
    const slot = Math.ceil(at / SLOT_MS);
    const items = this.#slots.get(slot);
    if (items === undefined) this.#slots.set(slot, new Set([item]));
    else items.add(item);
    this.#slotOf.set(item, slot);
    // A Worker drops the timers of a request that is over: one that is overdue is set again.
    const isLost = performance.now() > (this.#timerSlot + 1) * SLOT_MS;
    if (slot < this.#timerSlot || isLost) this.#arm();
  }

  /** @param item one that is in the queue. */
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
