/** Items in their order. Taking the first one costs the same however many there are, and any can be reached by index. */
export class Queue<T> {
  // Those before #head have been taken.
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** The item with this index: from 0, or from -1 backwards. */
  at(index: number): T | undefined {
    return this.#items[index < 0 ? this.#items.length + index : this.#head + index];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the first item out of a queue that has one. */
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
