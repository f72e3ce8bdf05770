// @ts-check

/** @typedef {{ called: number, completed: number, aborted: number, failed: number }} Counts */

/** Counts the calls of upstream, and how they ended. */
export function createCounters() {
  /** @type {Counts} */
  const counts = { called: 0, completed: 0, aborted: 0, failed: 0 };
  /** @type {Set<(counts: Counts) => void>} */
  const watchers = new Set();
  return {
    counts,

    /** @param {keyof Counts} what */
    add(what) {
      counts[what] += 1;
      for (const watcher of watchers) watcher(counts);
    },

    /**
     * Calls `watcher` now and after every change, until the function that it returns is called.
     * @param {(counts: Counts) => void} watcher
     */
    watch(watcher) {
      watchers.add(watcher);
      watcher(counts);
      return () => void watchers.delete(watcher);
    },
  };
}
