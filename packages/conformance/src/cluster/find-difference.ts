import type { ClusterClient } from "./cluster-client.js";
import type { EventNames } from "./event-names.js";

/** Where what a client has received first differs from the events that it should have received. */
export function findDifference(
  { received }: ClusterClient,
  expected: readonly string[],
  names: EventNames,
): unknown {
  const length = Math.max(received.length, expected.length);
  for (let i = 0; i < length; i++) {
    const got = names.textOf(received[i]);
    if (got !== expected[i]) return { at: i, expected: expected[i], got, before: expected[i - 1] };
  }
  return undefined;
}
