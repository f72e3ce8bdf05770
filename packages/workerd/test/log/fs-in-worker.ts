import vectors from "../../../conformance/vectors/injection.json" with { type: "json" };

/** Replaces `node:fs` in workerd, which has no files. The contract reads only this one. */
export const readFileSync = (): string => JSON.stringify(vectors);
