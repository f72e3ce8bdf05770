import type { CloseReason } from "./event-stream.js";

/** Tells those who asked that a stream closes, and when it has closed. Made when somebody asks. */
export class CloseWatch {
  #controller: AbortController | undefined;
  #closed: Promise<CloseReason> | undefined;
  #resolveClosed: ((reason: CloseReason) => void) | undefined;
  #listeners: Set<() => void> | undefined;

  /** The stream takes nothing more. Called once. */
  closing(reason: CloseReason): void {
    this.#controller?.abort(abortError(reason));
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener();
  }

  /** The response is over. */
  closed(reason: CloseReason): void {
    this.#resolveClosed?.(reason);
  }

  /** Calls the listener when the stream takes nothing more. Returns what takes it away. */
  onClosing(listener: () => void): () => void {
    (this.#listeners ??= new Set()).add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** @param reason why the stream takes nothing more, if that is so. */
  signal(reason: CloseReason | undefined): AbortSignal {
    if (this.#controller === undefined) {
      const { signal } = (this.#controller = new AbortController());
      if (reason !== undefined) {
        this.#controller.abort(abortError(reason));
        // Also to a listener that is added now: the app's, which stops its timer when the stream closes.
        queueMicrotask(() => signal.dispatchEvent(new Event("abort")));
      }
    }
    return this.#controller.signal;
  }

  /** @param reason why the response is over, if it is. */
  whenClosed(reason: CloseReason | undefined): Promise<CloseReason> {
    return (this.#closed ??=
      reason === undefined
        ? new Promise((resolve) => (this.#resolveClosed = resolve))
        : Promise.resolve(reason));
  }
}

function abortError(reason: CloseReason): Error {
  const error = new DOMException(`The event stream is closed: ${reason}`, "AbortError");
  return Object.defineProperty(error, "cause", { value: reason, configurable: true });
}
