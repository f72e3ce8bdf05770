// @ts-check

/**
 * A way to send one message to every open stream.
 * @typedef {object} Contender
 * @property {import("express").Express} app opens a stream on `GET /`
 * @property {() => number} open how many streams are open
 * @property {(data: unknown) => void} send sends one event, whose type is `tick`, to every stream
 */

/**
 * Each is loaded only by the process that runs it.
 * @type {Record<string, () => Promise<Contender>>}
 */
export const contenders = {
  "res.write": async () => (await import("./res-write.mjs")).resWrite(),
  "res.write of a buffer": async () => (await import("./res-write.mjs")).resWriteOfBuffer(),
  ssekit: async () => (await import("./ssekit.mjs")).ssekit(),
  "ssekit channel": async () => (await import("./ssekit-channel.mjs")).ssekitChannel(),
  "better-sse": async () => (await import("./better-sse.mjs")).betterSse(),
};

/** The contender that the others are compared with. */
export const reference = "res.write";
