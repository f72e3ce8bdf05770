import { SseError } from "@ssekit/core";
import { END_SUFFIX, START_ID } from "@ssekit/core/adapter";
import { createMessageDecoder, type RelayedMessage } from "./message-decoder.js";
import { resolveOptions, type RelayOptions } from "./relay-options.js";
import { openUpstream, type Upstream } from "./upstream.js";

/** A `next()` that waits for its answer. */
interface Request {
  resolve(result: IteratorResult<RelayedMessage, undefined>): void;
  reject(error: unknown): void;
}

/**
 * Reads an upstream event stream, event by event, for a server that sends them on or for a page that shows them.
 *
 * It yields each event when it is complete, unchanged but for comments and `retry`, which concern only the two ends of
 * one connection. However the bytes were cut, the events are the same. An id of a block without data comes with the
 * next event, so the last event ID at every event is the upstream's. An unfinished block never leaves, and an upstream
 * that ends in the middle of one has not completed the answer: that is an error.
 *
 * The upstream is read only as fast as events are asked for. It is cancelled when the answer is complete, on an
 * error, and on `return()` at once, even while a `next()` is pending or before the first. An event of another ssekit
 * server whose id ends in `~end` completes the answer, and loses that id. The `start` event of a `once` stream there
 * is dropped.
 *
 * @throws {SseError} at once: `ERR_SSE_INVALID_SOURCE`, `ERR_SSE_INVALID_OPTION`. From `next()`:
 * `ERR_SSE_UPSTREAM_STATUS` and `ERR_SSE_UPSTREAM_CONTENT_TYPE`, both of them an `UpstreamError` with `upstreamStatus`
 * and `upstreamBody` (its first 4 KiB), `ERR_SSE_EVENT_TOO_LARGE`, `ERR_SSE_UPSTREAM_BROKEN` with its `cause`, `ERR_SSE_UPSTREAM_INCOMPLETE`;
 * the signal's reason; what `doneOn` throws.
 * @example
 * // On a server, as a source
 * res.sse(async function* ({ signal }) {
 *   yield* relay(await fetch(provider, { method: "POST", body, signal }), { doneOn: "[DONE]" });
 * });
 * // In a page, to read such a stream by POST
 * for await (const message of relay(await fetch("/answer", { method: "POST", body }))) show(message.data);
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function relay(upstream: Upstream, options: RelayOptions = {}): AsyncIterableIterator<RelayedMessage> {
  const { isDone, forwardDone, maxEventBytes, signal } = resolveOptions(options);
  const source = openUpstream(upstream);
  const requests: Request[] = [];
  let messages: RelayedMessage[] = []; // of the last chunk
  let taken = 0;
  let reading = false;
  let over = false;
  let failure: { error: unknown } | undefined;

  const decoder = createMessageDecoder(maxEventBytes, (message) => {
    if (over || message.id === START_ID) return; // the mark of `once`, which is for upstream's own client: us
    const isEnd = message.id?.endsWith(END_SUFFIX) === true;
    if (isEnd) delete message.id; // it would say that the downstream is finished, which only the downstream knows
    const done = isEnd || isDone?.(message) === true;
    if (!done || forwardDone) messages.push(message);
    if (done) finish();
  });

  function finish(reason?: { error: unknown }): void {
    if (over) return;
    over = true;
    failure = reason;
    signal?.removeEventListener("abort", abort);
    source.cancel();
  }

  function stop(reason?: { error: unknown }): void {
    finish(reason);
    failure = reason;
    messages = [];
    answer();
  }

  function abort(): void {
    stop({ error: signal?.reason });
  }

  function answer(): void {
    for (let request = requests[0]; request !== undefined; request = requests[0]) {
      const message = messages[taken];
      if (message !== undefined) {
        taken += 1;
        request.resolve({ value: message, done: false });
      } else if (failure !== undefined) {
        request.reject(failure.error);
        failure = undefined;
      } else if (over) {
        request.resolve({ value: undefined, done: true });
      } else {
        if (!reading) void read();
        return;
      }
      requests.shift();
    }
  }

  async function read(): Promise<void> {
    reading = true;
    messages = [];
    taken = 0;
    try {
      const { done, value } = await source.read();
      if (done) {
        decoder.end();
        finish(isDone && { error: incomplete() });
      } else decoder.decode(value);
    } catch (error) {
      finish({ error });
    }
    reading = false;
    answer();
  }

  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort);

  // Not a generator: its return() waits behind a pending next(), and before the first next() it runs no finally, so a
  // client that leaves would not end the upstream.
  return {
    next() {
      return new Promise((resolve, reject) => {
        requests.push({ resolve, reject });
        answer();
      });
    },
    async return(value?: unknown) {
      stop();
      return { value: await value, done: true };
    },
    async throw(error?: unknown) {
      stop();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function incomplete(): SseError {
  const message =
    "Expected the event that completes the answer (doneOn) from the upstream, but it ended without it";
  return new SseError("ERR_SSE_UPSTREAM_INCOMPLETE", message);
}
