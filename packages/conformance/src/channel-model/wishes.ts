import type { Stored } from "./epoch.js";

/** What a client asks for, on every connection of its. */
export interface Wishes {
  topics: readonly string[] | undefined;
  /** Only every so many events. */
  filter: number | undefined;
  /** `newest`: after what was acknowledged last, which its node need not know of yet. */
  from: "start" | "oldest" | "newest" | undefined;
  snapshot: boolean;
}

/** Whether a client wants an entry. */
export function wants({ topics, filter }: Wishes, entry: Stored): boolean {
  if (entry.end) return true;
  if (topics !== undefined && (entry.topic === undefined || !topics.includes(entry.topic))) return false;
  return filter === undefined || entry.call % filter === 0;
}
