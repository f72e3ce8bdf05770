import { SseError } from "@ssekit/core";
import { END_SUFFIX, START_ID } from "@ssekit/core/adapter";
import { createMessageDecoder, type RelayedMessage } from "./message-decoder.js";
import { resolveOptions, type RelayOptions } from "./relay-options.js";
import { openUpstream, type Upstream } from "./upstream.js";

/** A call of `next()` that waits for its result. */
interface Request {
  resolve(result: IteratorResult<RelayedMessage, undefined>): void;
  reject(error: unknown): void;
}

/**
 * Reads an upstream event stream and yields its events, for a server that sends them on or a page that shows them.
 *
 * - Each event is yielded when it is complete, and unchanged. The result does not depend on how the bytes are cut.
 * - Comments and `retry` are dropped, because they concern only the connection to the upstream.
 * - An id of a block without data is given to the next event, so a client always has the upstream's last event ID.
 * - An unfinished event is never yielded. If the upstream ends in the middle of one, `next()` rejects.
 * - A chunk is read only when `next()` needs one.
 * - The upstream is cancelled when the answer is complete and after an error. `return()` cancels it at once, even before
 *   the first `next()` or while one is pending.
 * - Another ssekit server ends its stream with an event whose id ends in `~end`. This event completes the answer, and
 *   its id is removed. The `start` event that such a server sends with `once` is dropped.
 *
 * @param upstream a `Response` of `fetch`, a `ReadableStream` of bytes, or an async iterable of bytes such as a Node
 *   `IncomingMessage`. Status and content type are checked only if it is a `Response`.
 * @throws {SseError} at once: `ERR_SSE_INVALID_SOURCE`, `ERR_SSE_INVALID_OPTION`. From `next()`:
 *   `ERR_SSE_UPSTREAM_STATUS` and `ERR_SSE_UPSTREAM_CONTENT_TYPE`, which are an {@link UpstreamError},
 *   `ERR_SSE_EVENT_TOO_LARGE`, `ERR_SSE_UPSTREAM_BROKEN` with its `cause`, `ERR_SSE_UPSTREAM_INCOMPLETE`. An abort of the
 *   signal rejects with its reason, and an error of `doneOn` is passed on.
 * @example
 * // On a server, as the source of a stream
 * res.sse(async function* ({ signal }) {
 *   yield* relay(await fetch(provider, { method: "POST", body, signal }), { doneOn: "[DONE]" });
 * });
 * @example
 * // In a page, which reads the answer to a POST
 * for await (const message of relay(await fetch("/answer", { method: "POST", body }))) show(message.data);
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function relay(upstream: Upstream, options: RelayOptions = {}): AsyncIterableIterator<RelayedMessage> {
  const { isDone, forwardDone, maxEventBytes, signal } = resolveOptions(options);
  const source = openUpstream(upstream);
  const requests: Request[] = [];
  let messages: RelayedMessage[] = []; // the events of the last chunk
  let taken = 0;
  let reading = false;
  let over = false;
  let failure: { error: unknown } | undefined;

  const decoder = createMessageDecoder(maxEventBytes, (message) => {
    if (over || message.id === START_ID) return; // it marks a `once` stream of the upstream, and our own client does not need it
    const isEnd = message.id?.endsWith(END_SUFFIX) === true;
    if (isEnd) delete message.id; // the client would take it for the end of the stream that relays
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

  // Not a generator. A generator's return() waits for a pending next(), and before the first next() it runs no finally
  // block, so the upstream would stay open after the client has left.
  return {
    next() {
      const message = requests.length === 0 ? messages[taken] : undefined;
      if (message !== undefined) {
        taken += 1;
        return Promise.resolve({ value: message, done: false });
      }
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
  const message = "Expected the event that completes the answer (doneOn), but the upstream ended without it";
  return new SseError("ERR_SSE_UPSTREAM_INCOMPLETE", message);
}
