// @ts-check
import { createChannels } from "@ssekit/koa";
import { Job } from "./job.js";

/** @typedef {import("./job.js").JobState} JobState */

/** How many jobs of one visitor run at a time. */
const maxRunning = 5;
/** How long a finished job stays in its list, in ms. */
const memory = 3_600_000;

/**
 * The jobs of all visitors. Each visitor has a list, and the list has a channel: its jobs publish to it, and all tabs of
 * the visitor are subscribed to it. So one connection for each tab is enough for any number of jobs.
 * @param {object} options
 * @param {number} options.pause ms that each step of a job takes
 */
export function createJobLists({ pause }) {
  /** @type {Map<string, Map<string, Job>>} */
  const lists = new Map();
  /** @type {import("@ssekit/koa").Channels<{ job: JobState, removed: { id: string } }>} */
  const channels = createChannels({ history: { events: 1000 } });

  /** @param {string} visitor */
  const jobsOf = (visitor) => [...(lists.get(visitor)?.values() ?? [])];

  /** @param {string} visitor @param {string} id */
  function remove(visitor, id) {
    const list = lists.get(visitor);
    if (!list?.delete(id)) return;
    if (list.size === 0) lists.delete(visitor);
    void channels.getOrCreate(visitor).publish({ event: "removed", data: { id } });
  }

  return {
    /**
     * A new page starts with a snapshot, which is the whole list. A page whose connection broke continues after the last
     * event that it received. If that event is no longer known, it gets a `reset` and a new snapshot.
     * @param {string} visitor
     * @param {import("@ssekit/koa").EventStream} stream
     */
    subscribe(visitor, stream) {
      const snapshot = () => ({ jobs: jobsOf(visitor).map(({ state }) => state) });
      channels.getOrCreate(visitor).subscribe(stream, { snapshot });
    },

    /**
     * Returns `undefined` if too many jobs of this visitor are running.
     * @param {string} visitor
     * @param {import("./work.js").Work} work
     */
    start(visitor, work) {
      const running = jobsOf(visitor).filter(({ state }) => state.status === "running");
      if (running.length >= maxRunning) return undefined;
      const job = new Job(work, {
        pause,
        onChange: (state) => {
          // The event is published after the state has changed. A snapshot in between has the state already, and then
          // the event repeats it. As each event is a whole state, this changes nothing.
          void channels.getOrCreate(visitor).publish({ event: "job", data: state });
          if (state.status === "running") return;
          console.log(`${state.title}: ${state.status} after ${state.step} steps. ${state.note}`);
          setTimeout(() => remove(visitor, state.id), memory).unref();
        },
      });
      const list = lists.get(visitor) ?? new Map();
      lists.set(visitor, list.set(job.state.id, job));
      void channels.getOrCreate(visitor).publish({ event: "job", data: job.state });
      return job.state;
    },

    /** @param {string} visitor @param {string} id */
    find: (visitor, id) => lists.get(visitor)?.get(id),

    remove,

    /** Cancels all jobs, and tells their readers. @param {string} reason */
    async close(reason) {
      const jobs = [...lists.keys()].flatMap(jobsOf);
      for (const job of jobs) job.cancel(reason);
      await Promise.all(jobs.map(({ finished }) => finished));
    },
  };
}
