import type { EventStream } from "./event-stream.js";
import type { EventStreamOptions } from "./options.js";
import { isThenable } from "./source.js";

/** Calls an app's hooks so that an error in one stays there, and hands errors to `onError`, each once. */
export class Hooks {
  readonly #stream: EventStream;
  readonly #onError: NonNullable<EventStreamOptions["onError"]>;
  #reported: unknown = this; // no error yet: undefined can be thrown too

  constructor(stream: EventStream, onError: NonNullable<EventStreamOptions["onError"]>) {
    this.#stream = stream;
    this.#onError = onError;
  }

  /** Calls a hook, synchronous or not. */
  run(hook: () => unknown): void {
    try {
      const result = hook();
      if (isThenable(result)) result.then(undefined, (error: unknown) => this.report(error));
    } catch (error) {
      this.report(error);
    }
  }

  report(error: unknown): void {
    if (error === this.#reported) return;
    this.#reported = error;
    try {
      const result: unknown = this.#onError(error, this.#stream);
      if (isThenable(result)) result.then(undefined, (thrown: unknown) => console.error(thrown));
    } catch (thrown) {
      console.error(thrown);
    }
  }

  /** Reports an error of a source whose stream has closed, unless it is that very news. */
  reportLate(error: unknown): void {
    const named = error as { name?: unknown; cause?: { name?: unknown } } | null | undefined;
    if (named?.name !== "AbortError" && named?.cause?.name !== "AbortError") this.report(error);
  }
}
