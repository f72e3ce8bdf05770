import type { EventStream } from "@ssekit/node";

/** A promise of a stream, which knows whether anybody waits for it. */
export class Opening extends Promise<EventStream> {
  #isAwaited = false;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise; // for what `then` returns
  }

  /** Whether `then` was called, so that a rejection has a handler. `await` calls it too, because this is a subclass. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  /** Lets nobody hear of a rejection that has no handler. */
  ignoreRejection(): void {
    super.then(undefined, () => {});
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  override then<Value = EventStream, Other = never>(
    resolved?: ((stream: EventStream) => Value | PromiseLike<Value>) | null,
    rejected?: ((error: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<Value | Other> {
    this.#isAwaited = true;
    return super.then(resolved, rejected);
  }
}
