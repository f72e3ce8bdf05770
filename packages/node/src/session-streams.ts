import type { Http2Session } from "node:http2";

// How many event streams an HTTP/2 session has.
const counts = new WeakMap<Http2Session, number>();

export function countStream(session: Http2Session): void {
  counts.set(session, (counts.get(session) ?? 0) + 1);
}

/** @returns how many are left. */
export function uncountStream(session: Http2Session): number {
  const left = (counts.get(session) ?? 1) - 1;
  if (left > 0) counts.set(session, left);
  else counts.delete(session);
  return left;
}
