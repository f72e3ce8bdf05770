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

  /** Reports an error of a source whose stream has closed, unless the error only says that it has. */
  reportLate(error: unknown): void {
    const named = error as { name?: unknown; cause?: { name?: unknown } } | null | undefined;
    if (named?.name !== "AbortError" && named?.cause?.name !== "AbortError") this.report(error);
  }
}

/** Calls a function of the app, synchronous or not, whose error goes no further. */
export function callSafely(call: () => unknown, report: (error: unknown) => void): void {
  try {
    const result = call();
    if (isThenable(result)) result.then(undefined, report);
  } catch (error) {
    report(error);
  }
}

/** Whether an error says, by its status, that the client is to blame for it. */
export function isClientError(error: unknown): boolean {
  const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  const code = status ?? statusCode;
  return typeof code === "number" && code >= 400 && code < 500;
}
