import type { CloseReason } from "./event-stream.js";

/** How a stream closes, for all who wait for it. What nobody asks for is not made. */
export class Closure {
  #reason: CloseReason | undefined;
  #settled = false;
  #controller: AbortController | undefined;
  #closed: Promise<CloseReason> | undefined;
  #resolveClosed: ((reason: CloseReason) => void) | undefined;
  #listeners: Set<() => void> | undefined;

  /** The stream takes nothing more. The first reason stands. */
  start(reason: CloseReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(abortError(reason));
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener();
  }

  /** The response is over. */
  settle(reason: CloseReason): CloseReason {
    this.start(reason);
    this.#settled = true;
    this.#resolveClosed?.(this.#reason!);
    return this.#reason!;
  }

  /** Calls the listener at the start. Returns what takes it away. */
  onStart(listener: () => void): () => void {
    (this.#listeners ??= new Set()).add(listener);
    return () => this.#listeners?.delete(listener);
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(abortError(this.#reason));
    }
    return this.#controller.signal;
  }

  get closed(): Promise<CloseReason> {
    return (this.#closed ??= this.#settled
      ? Promise.resolve(this.#reason!)
      : new Promise((resolve) => (this.#resolveClosed = resolve)));
  }
}

function abortError(reason: CloseReason): Error {
  const error = new DOMException(`The event stream is closed: ${reason}`, "AbortError");
  return Object.defineProperty(error, "cause", { value: reason, configurable: true });
}
