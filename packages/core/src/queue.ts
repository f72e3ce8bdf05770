/**
 * A queue of items. Taking the first item costs the same however many there are, and every item can be read by its
 * index.
 */
export class Queue<T> {
  // The items before #head have been taken.
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** The item at an index from 0 on. A negative index counts from the end: -1 is the last item. */
  at(index: number): T | undefined {
    return this.#items[index < 0 ? this.#items.length + index : this.#head + index];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Removes the first item and returns it. The queue must not be empty. */
  shift(): T {
    const item = this.#items[this.#head]!;
    this.#items[this.#head++] = undefined;
    if (this.#head > 32 && this.#head > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
