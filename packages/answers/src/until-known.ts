import { codeOf } from "./answer-log.js";
import { pause } from "./timer.js";

const REPEAT_MS = 250;

/**
 * Repeats a call of a log while it is unknown whether the log has stored anything.
 *
 * @param mayRepeat is asked before each repetition.
 * @throws the error of the call.
 */
export async function untilKnown<T>(call: () => Promise<T>, mayRepeat: () => boolean): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (codeOf(error) !== "ERR_SSE_LOG_UNAVAILABLE" || !mayRepeat()) throw error;
    }
    await pause(REPEAT_MS);
  }
}
