import { SseError } from "@ssekit/core";
import { describe } from "@ssekit/core/adapter";
import { connect, type EventsFrom } from "./connect.js";
import type { Disconnect } from "./connection.js";
import { createEventCollector, type ReceivedEvent } from "./event-collector.js";
import { findUnexpected, type UnexpectedResponse } from "./unexpected-response.js";

/** Options of `readEvents`. */
export interface ReadEventsOptions {
  /** Milliseconds to wait for the events, the response included. Default 5 000. */
  timeout?: number;
}

const MAX_TIMEOUT = 2 ** 31 - 1;
const BODY_TIMEOUT = 250; // ms for the body of a response that is not an event stream
const CLOSE_TIMEOUT = 1000; // ms for the connection, and supertest's server, to close

/**
 * Reads events until there are enough, then ends the connection: what a test needs of a stream that does not end.
 *
 * @param from a `Response` or the promise of one, a supertest request (not awaited), a Node response, or a stream of
 * bytes. It is read from here on: nobody else can.
 * @param until how many events, or whether the events so far are enough, asked at each event.
 * @returns exactly the events up to the one that was enough.
 * @throws {SseError} rejects with `ERR_SSE_TIMEOUT` or `ERR_SSE_STREAM_ENDED`, whose messages and `events` show what
 * did arrive; `ERR_SSE_UNEXPECTED_RESPONSE` with the `response`'s status, headers and beginning of the body when it
 * is not an event stream; `ERR_SSE_INVALID_SOURCE`, `ERR_SSE_INVALID_OPTION`. An error of the request itself, of
 * supertest's `expect` or of `until` is passed on.
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

function checkArguments(until: unknown, { timeout = 5000 }: ReadEventsOptions) {
  if (typeof timeout !== "number" || !(timeout > 0 && timeout <= MAX_TIMEOUT)) {
    const expected = `a number of milliseconds above 0 and up to ${MAX_TIMEOUT}`;
    throw new SseError("ERR_SSE_INVALID_OPTION", `timeout: expected ${expected}, got ${describe(timeout)}`);
  }
  if (typeof until === "function") {
    const isEnough = until as (events: ReceivedEvent[]) => boolean;
    return { timeout, isEnough, wanted: "events that satisfy until" };
  }
  if (typeof until !== "number" || !Number.isInteger(until) || until < 1) {
    const expected = "a number of events, from 1, or a function";
    throw new SseError("ERR_SSE_INVALID_OPTION", `until: expected ${expected}, got ${describe(until)}`);
  }
  const isEnough = (events: ReceivedEvent[]): boolean => events.length >= until;
  return { timeout, isEnough, wanted: `${until} ${until === 1 ? "event" : "events"}` };
}

function countOf(events: ReceivedEvent[]): string {
  return events.length === 1 ? "1 event" : `${events.length} events`;
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
