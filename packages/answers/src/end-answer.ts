import type { Peek } from "@ssekit/core";
import { claimOf, codeOf, stateOf, type Claim } from "./answer-log.js";
import type { AnswerContext } from "./answer-node.js";
import type { AnswerState } from "./answers.js";
import type { EndState } from "./last-events.js";
import { untilKnown } from "./until-known.js";

interface EndOptions {
  /** The error of an answer that has failed. */
  readonly error?: unknown;
  /** Ends the answer only if it was started by this claim. */
  readonly claim?: Claim;
  /** Whether an answer that the log has lost is ended too, because somebody still reads it. */
  readonly evenIfLost?: boolean;
  /** Milliseconds for which the call is repeated while the log cannot be reached. */
  readonly patience?: number;
}

/** Looks at the log of an answer, without creating it. */
export async function peekAnswer({ node, key }: AnswerContext): Promise<Peek> {
  const log = node.open(key);
  try {
    return await log.peek();
  } finally {
    await log.close();
  }
}

/**
 * Ends an answer from outside its producer. The first end wins.
 *
 * @returns the state afterwards.
 * @throws the error of the log.
 */
export async function endAnswer(
  { node, key, lastEvents }: AnswerContext,
  state: EndState,
  { error, claim, evenIfLost = false, patience = 0 }: EndOptions,
): Promise<AnswerState> {
  const log = node.open(key);
  const giveUpAt = performance.now() + patience;
  try {
    return await untilKnown(
      async () => {
        const peek = await log.peek();
        const current = stateOf(peek);
        const isLost = current === "unknown" && evenIfLost;
        if (current !== "running" && !isLost) return current;
        // The key was started again in a log that was replaced.
        if (!isLost && claim !== undefined && claimOf(peek)?.node !== claim.node) return current;
        try {
          await log.append([lastEvents.draft(state, error)], isLost ? { after: "start" } : undefined);
          return state;
        } catch (thrown) {
          if (codeOf(thrown) !== "ERR_SSE_CHANNEL_ENDED") throw thrown;
          return stateOf(await log.peek()); // somebody else has ended it
        }
      },
      () => performance.now() < giveUpAt,
    );
  } finally {
    await log.close();
  }
}
