import type { Items } from "./event-stream.js";
import { SseError, describe } from "../sse-error.js";

/** Reads items one by one, from an iterable, an async iterable or a `ReadableStream`. */
export interface ItemReader<T> {
  next(): IteratorResult<T> | Promise<IteratorResult<T>>;
  /** Tells the source that no more items are wanted, also while `next` is pending. Never throws. */
  return(onError: (error: unknown) => void): void;
}

/**
 * Checks a source, which may be left out.
 *
 * @throws {SseError} `ERR_SSE_INVALID_SOURCE`
 */
export function checkSource(source: unknown): void {
  if (source !== undefined && typeof source !== "function" && !isItems(source)) throw notASource(source);
}

/**
 * Begins to read items.
 *
 * @throws {SseError} `ERR_SSE_INVALID_SOURCE`
 */
export function readItems<T>(items: Items<T>): ItemReader<T> {
  if (!isItems(items)) throw notASource(items);
  // The async iterator of a ReadableStream queues return() behind a pending read; its reader cancels at once.
  if ("getReader" in items) {
    const reader = items.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<T>>,
      return: (onError) => attempt(() => reader.cancel(), onError),
    };
  }
  const iterator =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : (items as Iterable<T>)[Symbol.iterator]();
  return {
    next: () => iterator.next(),
    return: (onError) => {
      attempt(() => iterator.return?.(), onError);
      // The iterator of a Node stream queues return() as well, but such a stream has destroy().
      const { destroy } = items as { destroy?: unknown };
      if (typeof destroy === "function") attempt(() => void destroy.call(items), onError);
    },
  };
}

/**
 * Returns the iterator of a source that no stream will send. A function needs nothing, since it has not been called.
 * Never throws.
 */
export function returnSource(source: unknown, onError: (error: unknown) => void = () => {}): void {
  if (!isItems(source)) return;
  attempt(() => readItems(source).return(onError), onError);
}

function attempt(action: () => unknown, onError: (error: unknown) => void): void {
  try {
    const result = action();
    if (isThenable(result)) result.then(undefined, onError);
  } catch (error) {
    onError(error);
  }
}

/** Whether a value is a promise, also one of another library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}

function isItems(value: unknown): value is Items<never> {
  return (
    typeof value === "object" &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value || "getReader" in value)
  );
}

function notASource(value: unknown): SseError {
  const expected = "an iterable, an async iterable, a ReadableStream or a function";
  return new SseError(
    "ERR_SSE_INVALID_SOURCE",
    `source: expected ${expected}, got ${describe(value)}; ${advice(value)}`,
  );
}

function advice(value: unknown): string {
  if (typeof value === "string") return "to send one string use [text] or stream.send(text)";
  if (isThenable(value)) return "await it first, or pass a function that returns it";
  const { body, subscribe, emit } = (value ?? {}) as Record<string, unknown>;
  if (body !== undefined) return "a fetch Response is relayed with relay(response)";
  if (typeof subscribe === "function") {
    return "pass (stream) => void observable.subscribe((data) => stream.send({ data }))";
  }
  if (typeof emit === "function") {
    return 'pass (stream) => void emitter.on("name", (data) => stream.send({ data }))';
  }
  return "options are the second argument: sse(source, options)";
}
