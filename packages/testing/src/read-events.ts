import { SseError } from "@ssekit/core";
import { checkOptions, invalidOption, MS } from "@ssekit/core/adapter";
import { connect, type EventsFrom } from "./connect.js";
import type { Disconnect } from "./connection.js";
import { createEventCollector, type ReceivedEvent } from "./event-collector.js";
import { findUnexpected, type UnexpectedResponse } from "./unexpected-response.js";

/** The options of `readEvents`. */
export interface ReadEventsOptions {
  /**
   * The time limit in milliseconds, from the call until there are enough events.
   *
   * @default 5000
   */
  timeout?: number;
}

const BODY_TIMEOUT = 250; // ms to wait for the body of a response that is not an event stream
const CLOSE_TIMEOUT = 1000; // ms to wait until the connection, and supertest's server, are closed

/**
 * Reads events until there are enough, then closes the connection.
 *
 * Use it in tests of a stream that does not end.
 *
 * @param from a `Response` or a promise of one, a supertest request (not awaited), a Node response, or a stream of
 *   bytes. `readEvents` reads it, so nothing else can read it afterwards.
 * @param until the number of events to wait for, or a function of the events so far that returns whether they are
 *   enough. The function is called after each event. It must not be async, because a promise is always truthy.
 * @returns the events up to the one that made them enough, and none after it.
 * @throws {SseError} as a rejection. `ERR_SSE_TIMEOUT` and `ERR_SSE_STREAM_ENDED` have the received `events`, also in the
 *   message. `ERR_SSE_UNEXPECTED_RESPONSE`, if the response is not an event stream, has a `response` with status, headers
 *   and the beginning of the body. `ERR_SSE_INVALID_SOURCE`, `ERR_SSE_INVALID_OPTION`. An error of the request, of
 *   supertest's `expect` or of `until` is passed on.
 * @example
 * const events = await readEvents(fetch(url), 2);
 * const all = await readEvents(request(app).get("/answer"), (events) => events.at(-1)?.type === "end");
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
 */
export function readEvents(
  from: EventsFrom,
  until: number | ((events: ReceivedEvent[]) => boolean),
  options: ReadEventsOptions = {},
): Promise<ReceivedEvent[]> {
  const call = new Error();
  return new Promise((resolve, reject) => {
    const { isEnough, wanted, timeout } = checkArguments(until, options);
    let outcome: { error?: unknown } | undefined;
    let disconnect: Disconnect | undefined;
    let opened = false;
    let unexpected: UnexpectedResponse | undefined;

    const collector = createEventCollector(isEnough);
    const { events } = collector;
    let timer = setTimeout(() => {
      const got = opened ? countOf(events) : "no response";
      finish(failure("ERR_SSE_TIMEOUT", `Expected ${wanted} within ${timeout} ms, got ${got}`));
    }, timeout);

    function failure(
      code: "ERR_SSE_TIMEOUT" | "ERR_SSE_STREAM_ENDED",
      message: string,
      cause?: unknown,
    ): SseError {
      return withStackOf(call, new SseError(code, message + collector.report(), { cause, events }));
    }

    function unexpectedError(): SseError | undefined {
      return unexpected && withStackOf(call, unexpected.error());
    }

    function finish(error?: unknown): void {
      if (outcome !== undefined) {
        outcome.error ??= error; // supertest checks its assertions when its server is closed
        return;
      }
      outcome = { error };
      clearTimeout(timer);
      void settle(outcome);
    }

    function fail(error: unknown): void {
      finish(error ?? new Error("Failed without an error"));
    }

    async function settle(settled: { error?: unknown }): Promise<void> {
      let limit: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((end) => (limit = setTimeout(end, CLOSE_TIMEOUT)));
      // In a later microtask, because connect() may call finish() before it returns `disconnect`.
      const closed = Promise.resolve().then(() => disconnect?.());
      await Promise.race([closed, late]).catch(() => {});
      clearTimeout(limit);
      if (settled.error === undefined) resolve(events);
      else reject(settled.error);
    }

    try {
      disconnect = connect(from, {
        open(head) {
          opened = true;
          unexpected = head && findUnexpected(head);
          if (unexpected === undefined) return;
          clearTimeout(timer);
          timer = setTimeout(() => finish(unexpectedError()), Math.min(timeout, BODY_TIMEOUT));
        },
        chunk(chunk) {
          if (outcome !== undefined) return;
          try {
            if ((unexpected ?? collector).push(chunk)) finish(unexpectedError());
          } catch (error) {
            fail(error); // `until` threw it
          }
        },
        end(cause) {
          if (outcome !== undefined) return;
          const how = cause === undefined ? "ended" : `broke off (${describeCause(cause)})`;
          const message = `Expected ${wanted}, but the stream ${how} after ${countOf(events)}`;
          finish(unexpectedError() ?? failure("ERR_SSE_STREAM_ENDED", message, cause));
        },
        fail,
      });
    } catch (error) {
      fail(error);
    }
  });
}

function checkArguments(until: unknown, options: ReadEventsOptions) {
  checkOptions("readEvents", options, { timeout: MS });
  const { timeout = 5000 } = options;
  if (typeof until === "function") {
    // A promise or a generator object is truthy, so the first event would be enough and the test would pass.
    const kind: string = Object.prototype.toString.call(until).slice("[object ".length, -1);
    if (kind !== "Function") {
      throw new SseError(
        "ERR_SSE_INVALID_OPTION",
        `readEvents: until: expected a function that is not async and not a generator, got one of type ${kind}`,
      );
    }
    const isEnough = (events: ReceivedEvent[]): boolean =>
      atOnce((until as (soFar: unknown) => unknown)(events));
    return { timeout, isEnough, wanted: "events that satisfy until" };
  }
  if (typeof until !== "number" || !Number.isInteger(until) || until < 1) {
    throw invalidOption("readEvents: until", "a whole number of events from 1, or a function", until);
  }
  const isEnough = (events: ReceivedEvent[]): boolean => events.length >= until;
  return { timeout, isEnough, wanted: `${until} ${until === 1 ? "event" : "events"}` };
}

/**
 * Checks that `until` did not return a promise.
 *
 * @throws {SseError} `ERR_SSE_INVALID_OPTION`
 */
function atOnce(enough: unknown): boolean {
  if (typeof (enough as { then?: unknown } | null | undefined)?.then !== "function") return Boolean(enough);
  Promise.resolve(enough).catch(() => {}); // the caller gets the error below instead
  throw invalidOption(
    "readEvents: until",
    "a synchronous function that returns true or false (read the events first, and await your checks afterwards)",
    enough,
  );
}

/** Gives an error the stack of the call, which shows the test. Its own begins in a timer or in an event of a socket. */
function withStackOf(call: Error, error: SseError): SseError {
  if (call.stack !== undefined) error.stack = call.stack.replace(/^Error/, () => String(error));
  return error;
}

function countOf(events: ReceivedEvent[]): string {
  return events.length === 1 ? "1 event" : `${events.length} events`;
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
