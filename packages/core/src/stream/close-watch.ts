import type { CloseReason } from "./event-stream.js";
import type { RequestContext } from "./worker-request.js";

/**
 * Tells signals, promises and listeners that a stream is closing or has closed. A stream makes it when it is first
 * asked for one.
 */
export class CloseWatch {
  readonly #context: RequestContext | undefined;
  #controller: AbortController | undefined;
  #closedPromise: Promise<CloseReason> | undefined;
  #resolveClosed: ((reason: CloseReason) => void) | undefined;
  #listeners: Set<() => void> | undefined;

  /** @param context the context in which the signal and the listeners are called. `undefined`: the current one. */
  constructor(context?: RequestContext) {
    this.#context = context;
  }

  /** Tells that the stream takes nothing more. Called once. */
  closing(reason: CloseReason): void {
    if (this.#context === undefined) this.#tellClosing(reason);
    else this.#context.run(() => this.#tellClosing(reason));
  }

  #tellClosing(reason: CloseReason): void {
    this.#controller?.abort(abortError(reason));
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener();
  }

  /** Tells that the response is over. */
  closed(reason: CloseReason): void {
    this.#resolveClosed?.(reason);
  }

  /** Calls the listener when the stream takes nothing more. Returns a function that removes the listener. */
  onClosing(listener: () => void): () => void {
    (this.#listeners ??= new Set()).add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** @param reason the reason for which the stream takes nothing more, if it is closing already. */
  signal(reason: CloseReason | undefined): AbortSignal {
    if (this.#controller === undefined) {
      const { signal } = (this.#controller = new AbortController());
      if (reason !== undefined) {
        this.#controller.abort(abortError(reason));
        // An aborted signal tells a new listener nothing. The app's must be called, since it may stop a timer.
        queueMicrotask(() => signal.dispatchEvent(new Event("abort")));
      }
    }
    return this.#controller.signal;
  }

  /** @param reason the reason for which the response is over, if it is over already. */
  whenClosed(reason: CloseReason | undefined): Promise<CloseReason> {
    return (this.#closedPromise ??=
      reason === undefined
        ? new Promise((resolve) => (this.#resolveClosed = resolve))
        : Promise.resolve(reason));
  }
}

function abortError(reason: CloseReason): Error {
  const error = new DOMException(`The event stream is closed: ${reason}`, "AbortError");
  return Object.defineProperty(error, "cause", { value: reason, configurable: true });
}
