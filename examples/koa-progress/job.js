// @ts-check
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";

/**
 * @typedef {object} JobState the whole state of a job; each event of a job contains it
 * @property {string} id
 * @property {string} title
 * @property {number} steps
 * @property {number} step
 * @property {string} note
 * @property {"running" | "done" | "failed" | "cancelled"} status
 */

/** Work that runs by itself, whether anybody watches it or not. It knows nothing of streams. */
export class Job {
  #stop = new AbortController();

  /**
   * @param {import("./work.js").Work} work
   * @param {object} options
   * @param {number} options.pause ms that each step takes
   * @param {(state: JobState) => void} options.onChange
   */
  constructor(work, { pause, onChange }) {
    /** @type {JobState} */
    this.state = {
      id: randomUUID(),
      title: work.title,
      steps: work.steps,
      step: 0,
      note: "Starting…",
      status: "running",
    };
    /** Resolves when the job is done, failed or cancelled. */
    this.finished = this.#run(work, pause, onChange);
  }

  /**
   * @param {import("./work.js").Work} work
   * @param {number} pause
   * @param {(state: JobState) => void} onChange
   */
  async #run({ steps, run }, pause, onChange) {
    const { signal } = this.#stop;
    /** @param {Partial<JobState>} change */
    const change = (change) => onChange((this.state = { ...this.state, ...change }));
    try {
      for (let step = 1; step <= steps; step++) {
        await wait(pause, undefined, { signal });
        change({ step, note: run(step) });
      }
      change({ status: "done", note: "Done." });
    } catch (error) {
      if (signal.aborted) change({ status: "cancelled", note: signal.reason });
      else change({ status: "failed", note: /** @type {Error} */ (error).message });
    }
  }

  /** @param {string} reason */
  cancel(reason) {
    this.#stop.abort(reason);
  }
}
