/**
 * What a program sends: the fields of one block of an event stream, all optional.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export interface EventMessage {
  /**
   * The event type that the client's listeners are registered for; the client's default is `message`. No CR, no LF.
   * Avoid `open` and `error`: EventSource's own events have those names.
   */
  event?: string;
  /**
   * A string is sent as it is, one `data:` line for each of its lines (CRLF, CR and LF end a line and arrive as LF).
   * Any other value is sent as JSON. `null`, a bigint, a function, binary, a cycle or a promise is refused.
   */
  data?: unknown;
  /** What the client hands back in `Last-Event-ID` when it reconnects. No CR, LF or NUL. `""` clears the client's. */
  id?: string;
  /** The client's reconnection time in milliseconds: a whole number from 0 to 2^31-1. */
  retry?: number;
  /** Text that clients ignore, one comment line for each of its lines. */
  comment?: string;
}
