import type { Stored } from "./epoch.js";

/** What a client subscribes to, the same on each of its connections. */
export interface Wishes {
  topics: readonly string[] | undefined;
  /** If n: only events whose number is divisible by n. */
  filter: number | undefined;
  /**
   * `newest`: after the id of the last acknowledgement. The node of the client may not have received that entry yet.
   */
  from: "start" | "oldest" | "newest" | undefined;
  snapshot: boolean;
}

/** Whether a client wants an entry. */
export function wants({ topics, filter }: Wishes, entry: Stored): boolean {
  if (entry.end) return true;
  if (topics !== undefined && (entry.topic === undefined || !topics.includes(entry.topic))) return false;
  return filter === undefined || entry.call % filter === 0;
}
