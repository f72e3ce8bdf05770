// @ts-check
import { fork } from "node:child_process";

/** @typedef {ReturnType<typeof start>} Started */

/**
 * Answers the calls of the parent process. Ends when the parent process ends.
 * @param {Record<string, (argument: any) => unknown>} handlers
 */
export function serve(handlers) {
  /** @param {{ id: number, name: string, argument: unknown }} call */
  const answer = async ({ id, name, argument }) => {
    try {
      process.send?.({ id, value: await handlers[name]?.(argument) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.stack : String(error) });
    }
  };
  process.on("message", (call) => void answer(/** @type {any} */ (call)));
  process.on("disconnect", () => process.exit());
}

/**
 * Starts a script that calls `serve`. The script ends on `stop()`, and also when this process ends for any reason.
 * @param {URL} script
 * @param {{ args?: string[], execArgv?: string[] }} [options]
 */
export function start(script, { args = [], execArgv = [] } = {}) {
  const child = fork(script, args, { execArgv });
  /** @type {Map<number, { resolve(value: any): void, reject(error: Error): void }>} */
  const pending = new Map();
  let calls = 0;
  /** @type {Error | undefined} */
  let ended;

  child.on("message", (message) => {
    const { id, value, error } = /** @type {{ id: number, value: unknown, error?: string }} */ (message);
    if (error === undefined) pending.get(id)?.resolve(value);
    else pending.get(id)?.reject(new Error(error));
  });
  /** @type {Promise<void>} */
  const exited = new Promise((resolve) => {
    child.on("exit", (code, signal) => {
      ended = new Error(`${script.pathname} has ended: ${signal ?? `exit code ${code}`}`);
      for (const { reject } of pending.values()) reject(ended);
      resolve();
    });
  });

  return {
    /**
     * Calls a handler of the script. Rejects if the handler does not answer within `seconds` seconds.
     * @param {string} name
     * @param {unknown} [argument]
     * @param {number} [seconds]
     * @returns {Promise<any>}
     */
    async call(name, argument, seconds = 30) {
      if (ended) throw ended;
      const id = calls++;
      /** @type {NodeJS.Timeout | undefined} */
      let limit;
      try {
        return await new Promise((resolve, reject) => {
          const late = `${name}: ${script.pathname} gave no answer within ${seconds} s`;
          limit = setTimeout(() => reject(new Error(late)), seconds * 1000);
          pending.set(id, { resolve, reject });
          child.send({ id, name, argument }, (error) => error && reject(error));
        });
      } finally {
        clearTimeout(limit);
        pending.delete(id);
      }
    },
    /**
     * Kills the script.
     * @returns {Promise<void>}
     */
    stop() {
      child.kill("SIGKILL");
      return exited;
    },
    /**
     * Lets the script end by itself, so that it can end the processes that it has started. Kills it after two seconds.
     * @returns {Promise<void>}
     */
    async end() {
      if (child.connected) child.disconnect();
      const late = setTimeout(() => child.kill("SIGKILL"), 2_000);
      await exited;
      clearTimeout(late);
    },
  };
}
