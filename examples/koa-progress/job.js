// @ts-check
import { EventEmitter, once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";

/**
 * @typedef {object} Report the state of a job; every report except the last has the type `progress`
 * @property {"progress" | "done" | "failed" | "cancelled"} event
 * @property {{ step: number, note: string }} data
 */

/** Work that runs by itself. Any number of readers can watch it. */
export class Job extends EventEmitter {
  #stop = new AbortController();
  #readers = 0;
  #patience;
  /** @type {NodeJS.Timeout | undefined} */
  #unwatched;

  /**
   * @param {import("./work.js").Work} work
   * @param {object} options
   * @param {number} options.pause ms that each step takes
   * @param {number} options.patience ms after which a job without readers is cancelled; a reader whose connection
   *   broke comes back after EventSource's reconnection time
   */
  constructor(work, { pause, patience }) {
    super();
    this.setMaxListeners(0);
    this.#patience = patience;
    /** @type {Report} */
    this.report = { event: "progress", data: { step: 0, note: "Starting…" } };
    this.#waitForReader();
    void this.#run(work, pause);
  }

  /** @param {import("./work.js").Work} work @param {number} pause */
  async #run({ steps, run }, pause) {
    const { signal } = this.#stop;
    let step = 0;
    try {
      while (step < steps) {
        await wait(pause, undefined, { signal });
        const note = run(step + 1);
        this.#tell("progress", ++step, note);
      }
      this.#tell("done", step, "Done.");
    } catch (error) {
      if (signal.aborted) this.#tell("cancelled", step, signal.reason);
      else this.#tell("failed", step, /** @type {Error} */ (error).message);
    }
  }

  /** @param {Report["event"]} event @param {number} step @param {string} note */
  #tell(event, step, note) {
    this.report = { event, data: { step, note } };
    this.emit("report", this.report);
  }

  /**
   * Yields the current report and the later ones, up to the last. A slow reader gets only the latest report, not every one.
   * @param {AbortSignal} signal aborts when the reader has left
   */
  async *reports(signal) {
    this.#readers += 1;
    clearTimeout(this.#unwatched);
    try {
      let report;
      do {
        if (report === this.report) await once(this, "report", { signal });
        report = this.report;
        yield report;
      } while (report.event === "progress");
    } finally {
      this.#readers -= 1;
      if (this.#readers === 0) this.#waitForReader();
    }
  }

  #waitForReader() {
    this.#unwatched = setTimeout(() => this.cancel("Nobody was watching."), this.#patience).unref();
  }

  /** @param {string} reason */
  cancel(reason) {
    this.#stop.abort(reason);
  }
}
