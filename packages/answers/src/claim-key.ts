import type { Draft, EventLog } from "@ssekit/core";
import { isThenable } from "@ssekit/core/adapter";
import { codeOf } from "./answer-log.js";
import { untilKnown } from "./until-known.js";

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
 * @returns `undefined` if the log already had an entry.
 * @throws the error of the log.
 */
export async function claimKey(
  log: EventLog,
  draft: Draft,
  mayRepeat: () => boolean,
): Promise<Claimed | undefined> {
  try {
    return await untilKnown(async () => {
      const ids = log.append([draft], { after: "start" });
      return { id: (await ids)[0]!, isRemote: isThenable(ids) };
    }, mayRepeat);
  } catch (error) {
    if (["ERR_SSE_CONFLICT", "ERR_SSE_CHANNEL_ENDED"].includes(codeOf(error))) return undefined;
    throw error;
  }
}
