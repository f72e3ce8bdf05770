import type { Http2Session } from "node:http2";

// The number of open event streams of each HTTP/2 session.
const counts = new WeakMap<Http2Session, number>();

/** Counts one more stream on the session. */
export function countStream(session: Http2Session): void {
  counts.set(session, (counts.get(session) ?? 0) + 1);
}

/** Counts one stream less on the session, and returns how many are left. */
export function uncountStream(session: Http2Session): number {
  const left = (counts.get(session) ?? 1) - 1;
  if (left > 0) counts.set(session, left);
  else counts.delete(session);
  return left;
}
