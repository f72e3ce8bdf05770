/**
 * What a program sends: the fields of one block of an event stream.
 *
 * Each field may be left out, and `undefined` counts as left out, but at least one must be there.
 *
 * @example
 * stream.send({ event: "tick", id: "7", data: { now: Date.now() } });
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export interface EventMessage {
  /**
   * The event type that the client's listeners are registered for. No CR, no LF.
   *
   * Avoid `open` and `error`: EventSource's own events have those names, and its handlers would be called.
   *
   * @default what the client assumes, `message`
   */
  event?: string;
  /**
   * What the event carries: a string as it is, any other value as JSON.
   *
   * A string is written as one `data:` line for each of its lines. CRLF, CR and LF end a line, and arrive as LF.
   *
   * Values whose content would be lost are refused with `ERR_SSE_INVALID_DATA`: promises, functions and symbols always,
   * and unless there is a `serialize` also `Error`, `Map`, `Set`, other iterables, `RegExp`, bigint, cycles, binary, and
   * `NaN` or an infinity by itself. Values inside objects and arrays are left to `JSON.stringify`.
   */
  data?: unknown;
  /** What the client returns in `Last-Event-ID` when it reconnects. No CR, LF or NUL. `""` clears the client's. */
  id?: string;
  /** The client's reconnection time in milliseconds: a whole number from 0 to 2^31-1. */
  retry?: number;
  /** Text that clients ignore, one comment line for each of its lines. */
  comment?: string;
}
