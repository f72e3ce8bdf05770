/**
 * The message that a program sends: the fields of one block of an event stream.
 *
 * Each field may be left out, and `undefined` counts as left out. At least one field must be there.
 *
 * @example
 * stream.send({ event: "tick", id: "7", data: { now: Date.now() } });
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export interface EventMessage {
  /**
   * The event type, for which the client registers listeners. It contains no CR and no LF.
   *
   * Avoid `open` and `error`: EventSource has events of its own with these names, and their handlers would be called.
   *
   * @default "message", which clients assume
   */
  event?: string;
  /**
   * The content of the event. A string is sent as it is, and any other value as JSON.
   *
   * Each line of a string is written as one `data:` line. CRLF, CR and LF end a line, and arrive as LF.
   *
   * Values whose content would be lost are refused with `ERR_SSE_INVALID_DATA`. These are always promises, functions
   * and symbols. Without a `serialize` option they are also `Error`, `Map`, `Set`, other iterables, `RegExp`, bigint,
   * cycles, binary data, and `NaN` or an infinity by itself. Values inside objects and arrays are left to
   * `JSON.stringify`.
   */
  data?: unknown;
  /**
   * The id that the client returns in `Last-Event-ID` when it reconnects. It contains no CR, LF or NUL. An empty
   * string clears the id that the client has.
   */
  id?: string;
  /** The client's reconnection time in milliseconds: a whole number from 0 to 2^31-1. */
  retry?: number;
  /** Text that clients ignore. Each of its lines is written as one comment line. */
  comment?: string;
}
