import { SseError } from "@ssekit/core";
import { checkOptions, invalidOption, MS } from "@ssekit/core/adapter";
import { connect, type EventsFrom } from "./connect.js";
import type { Disconnect } from "./connection.js";
import { createEventCollector, type ReceivedEvent } from "./event-collector.js";
import { findUnexpected, type UnexpectedResponse } from "./unexpected-response.js";

/** Options of `readEvents`. */
export interface ReadEventsOptions {
  /**
   * Milliseconds to wait for the events, the response included.
   *
   * @default 5000
   */
  timeout?: number;
}

const BODY_TIMEOUT = 250; // ms for the body of a response that is not an event stream
const CLOSE_TIMEOUT = 1000; // ms for the connection, and supertest's server, to close

/**
 * Reads events until there are enough, then ends the connection.
 *
 * This is for tests of a stream that does not end.
 *
 * @param from a `Response` or the promise of one, a supertest request (not awaited), a Node response, or a stream of
 * bytes. It is read from here on: nobody else can.
 * @param until how many events, or a function that tells whether the events so far are enough. It is called at each
 * event, and must not be async: a promise is true whatever it resolves to.
 * @returns exactly the events up to the one that was enough.
 * @throws {SseError} rejects with `ERR_SSE_TIMEOUT` or `ERR_SSE_STREAM_ENDED`, whose messages and `events` show what
 * did arrive; `ERR_SSE_UNEXPECTED_RESPONSE` with the `response`'s status, headers and beginning of the body when it
 * is not an event stream; `ERR_SSE_INVALID_SOURCE`, `ERR_SSE_INVALID_OPTION`. An error of the request itself, of
 * supertest's `expect` or of `until` is passed on.
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
      return new SseError(code, message + collector.report(), { cause, events });
    }

    function finish(error?: unknown): void {
      if (outcome !== undefined) {
        outcome.error ??= error; // an assertion of supertest, which it makes when its server is closed
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
      // Later, for connect() itself may have told the outcome.
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
          timer = setTimeout(() => finish(unexpected?.error()), Math.min(timeout, BODY_TIMEOUT));
        },
        chunk(chunk) {
          if (outcome !== undefined) return;
          try {
            if ((unexpected ?? collector).push(chunk)) finish(unexpected?.error());
          } catch (error) {
            fail(error); // of until
          }
        },
        end(cause) {
          if (outcome !== undefined) return;
          const how = cause === undefined ? "ended" : `broke off (${describeCause(cause)})`;
          const message = `Expected ${wanted}, but the stream ${how} after ${countOf(events)}`;
          finish(unexpected?.error() ?? failure("ERR_SSE_STREAM_ENDED", message, cause));
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
    // A promise or a generator is truthy, so the first event would be enough and the test would pass.
    const kind: string = Object.prototype.toString.call(until).slice("[object ".length, -1);
    if (kind !== "Function") {
      throw new SseError(
        "ERR_SSE_INVALID_OPTION",
        `readEvents: until: expected a function that is neither async nor a generator, got ${kind}`,
      );
    }
    const isEnough = (events: ReceivedEvent[]): boolean =>
      atOnce((until as (soFar: unknown) => unknown)(events));
    return { timeout, isEnough, wanted: "events that satisfy until" };
  }
  if (typeof until !== "number" || !Number.isInteger(until) || until < 1) {
    throw invalidOption("readEvents: until", "a number of events, from 1, or a function", until);
  }
  const isEnough = (events: ReceivedEvent[]): boolean => events.length >= until;
  return { timeout, isEnough, wanted: `${until} ${until === 1 ? "event" : "events"}` };
}

/** @throws {SseError} `ERR_SSE_INVALID_OPTION` for a promise */
function atOnce(enough: unknown): boolean {
  if (typeof (enough as { then?: unknown } | null | undefined)?.then !== "function") return Boolean(enough);
  Promise.resolve(enough).catch(() => {}); // the error below is the one to report
  throw invalidOption(
    "readEvents: until",
    "a function that returns true or false at once (read the events first, then await what you check)",
    enough,
  );
}

function countOf(events: ReceivedEvent[]): string {
  return events.length === 1 ? "1 event" : `${events.length} events`;
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
