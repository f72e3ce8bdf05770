import type { JetStream } from "./jetstream.js";
import type { Message } from "./message.js";
import { comparePositions, type Position } from "./position.js";
import type { Retention } from "./retention.js";

interface Known {
  readonly message: Message;
  readonly index: number;
}

/** The idempotency keys of a log. They are read from the stream when a draft with a key is to be stored. */
export class KnownKeys {
  // In the order of the log. `undefined`: no draft with a key was stored by this node, so nothing was read.
  #keys: Map<string, Known> | undefined;
  /** The last entry whose key is known. */
  #upTo: Position | undefined;

  /** Reads the keys of the messages that are not known yet. */
  async learn(js: JetStream, token: string, newest: Message | undefined, deadline: number): Promise<void> {
    if (newest === undefined) {
      this.forget();
      this.#keys = new Map();
      return;
    }
    const known = this.#upTo;
    if (known !== undefined && comparePositions(known, newest.last) === 0) return;
    let isContinued = known === undefined;
    for await (const message of js.messages(token, known?.seq ?? 1, newest.seq, 1 << 20, deadline)) {
      if (!isContinued) {
        const { seq, head, last } = message;
        isContinued = comparePositions(seq === known!.seq ? last : head.before, known!) === 0;
        if (!isContinued) break;
        if (seq === known!.seq) continue;
      }
      this.#note(message);
      if (message.seq >= newest.seq) break;
    }
    if (isContinued) return;
    this.forget(); // the stream has lost entries, so all keys are read again
    await this.learn(js, token, newest, deadline);
  }

  /** Takes the keys of the message that follows the last one, if the keys before it are known. */
  follow(message: Message): void {
    if (this.#keys === undefined) return;
    const isNext =
      this.#upTo === undefined
        ? message.head.count === 0
        : comparePositions(message.head.before, this.#upTo) === 0;
    if (isNext) this.#note(message);
  }

  find(key: string, retention: Retention | undefined): Known | undefined {
    const known = this.#keys?.get(key);
    return known !== undefined && retention?.keeps(known.message, known.index) ? known : undefined;
  }

  /** Forgets the keys of evicted entries. */
  trim(retention: Retention): void {
    for (const [key, { message, index }] of this.#keys ?? []) {
      if (retention.keeps(message, index)) return;
      this.#keys!.delete(key);
    }
  }

  forget(): void {
    this.#keys = undefined;
    this.#upTo = undefined;
  }

  #note(message: Message): void {
    const keys = (this.#keys ??= new Map());
    for (const [index, { idempotencyKey: key }] of message.drafts.entries()) {
      if (key === undefined) continue;
      keys.delete(key); // so that the map stays in the order of the log
      keys.set(key, { message, index });
    }
    this.#upTo = message.last;
  }
}
