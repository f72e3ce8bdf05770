import type { EventStream } from "./event-stream.js";
import type { EventStreamOptions } from "./options.js";
import { isThenable } from "./source.js";

/**
 * Calls the app's hooks so that an error in one of them harms nothing else, and hands each error to `onError` once.
 */
export class Hooks {
  readonly #stream: EventStream;
  readonly #onError: NonNullable<EventStreamOptions["onError"]>;
  #reported: unknown = this; // means no error yet, since undefined can be thrown too

  constructor(stream: EventStream, onError: NonNullable<EventStreamOptions["onError"]>) {
    this.#stream = stream;
    this.#onError = onError;
  }

  run(hook: () => unknown): void {
    callSafely(hook, (error) => this.report(error));
  }

  report(error: unknown): void {
    if (error === this.#reported) return;
    this.#reported = error;
    callSafely(
      () => this.#onError(error, this.#stream),
      (thrown) => console.error(thrown),
    );
  }

  /** Reports an error of a source whose stream has closed, unless it is the AbortError that the closing causes. */
  reportLate(error: unknown): void {
    const named = error as { name?: unknown; cause?: { name?: unknown } } | null | undefined;
    if (named?.name !== "AbortError" && named?.cause?.name !== "AbortError") this.report(error);
  }
}

/** Calls a function of the app, and hands its error to `report`, whether it is thrown or rejected. */
export function callSafely(call: () => unknown, report: (error: unknown) => void): void {
  try {
    const result = call();
    if (isThenable(result)) result.then(undefined, report);
  } catch (error) {
    report(error);
  }
}

/** Whether an error has a status from 400 to 499, which blames the client. */
export function isClientError(error: unknown): boolean {
  const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  const code = status ?? statusCode;
  return typeof code === "number" && code >= 400 && code < 500;
}
