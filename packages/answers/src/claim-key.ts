import type { Draft, EventLog } from "@ssekit/core";
import { isThenable } from "@ssekit/core/adapter";
import { codeOf } from "./answer-log.js";
import { pause } from "./timer.js";

const REPEAT_MS = 250;

/** The result of a claim that was stored. */
export interface Claimed {
  /** The id of the entry. */
  readonly id: string;
  /** Whether the log has answered by a promise. */
  readonly isRemote: boolean;
}

/**
 * Appends the first entry of a log. Repeats it while it is unknown whether it was stored, which its idempotency key
 * makes safe.
 *
 * @param mayRepeat is asked before each repetition.
 * @returns `undefined` if the log already had an entry.
 * @throws the error of the log.
 */
export async function claimKey(
  log: EventLog,
  draft: Draft,
  mayRepeat: () => boolean,
): Promise<Claimed | undefined> {
  for (;;) {
    try {
      const ids = log.append([draft], { after: "start" });
      return { id: (await ids)[0]!, isRemote: isThenable(ids) };
    } catch (error) {
      const code = codeOf(error);
      if (code === "ERR_SSE_CONFLICT" || code === "ERR_SSE_CHANNEL_ENDED") return undefined;
      if (code !== "ERR_SSE_LOG_UNAVAILABLE" || !mayRepeat()) throw error;
    }
    await pause(REPEAT_MS);
  }
}
