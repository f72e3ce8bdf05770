import type { Draft, Peek } from "@ssekit/core";
import type { AnswerState } from "./answers.js";

/** The node that reads the source of an answer. */
export interface Claim {
  readonly node: string;
  /** Milliseconds after which the node counts as dead if it is not heard. */
  readonly lease: number;
}

/** The first entry of an answer's log. Only one call of `start` can append it. */
export function claimDraft(claim: Claim): Draft {
  return { data: JSON.stringify(claim), control: true, idempotencyKey: crypto.randomUUID() };
}

/** The claim of a running answer. `undefined` if the answer is over or unknown. */
export function claimOf({ first, end }: Peek): Claim | undefined {
  return end !== undefined || first?.control !== true ? undefined : (JSON.parse(first.data) as Claim);
}

export function stateOf({ first, end }: Peek): AnswerState {
  if (first === undefined) return "unknown"; // nothing was ever stored, or it is no longer kept
  return end === undefined ? "running" : (end.event as AnswerState);
}

/**
 * The key of an answer's log in the store. The prefix keeps answers apart from the log of the nodes, and from channels
 * that share the store.
 */
export function logKeyOf(key: string): string {
  return `answer:${key}`;
}

/** The code of an error, or an empty text. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : "";
}
