// @ts-check

/**
 * A way to send one message to every open stream.
 * @typedef {object} Contender
 * @property {import("express").Express} app opens a stream on `GET /`
 * @property {() => number} open how many streams are open
 * @property {(data: unknown) => void} send sends one event, whose type is `tick`, to every stream
 */

/**
 * A contender is loaded only by the process that runs it.
 * @type {Record<string, () => Promise<Contender>>}
 */
export const contenders = {
  "res.write": async () => (await import("./res-write.mjs")).resWrite(),
  "res.write of a buffer": async () => (await import("./res-write.mjs")).resWriteOfBuffer(),
  ssekit: async () => (await import("./ssekit.mjs")).ssekit(),
  "ssekit channel": async () => (await import("./ssekit-channel.mjs")).ssekitChannel(),
  "better-sse": async () => (await import("./better-sse.mjs")).betterSse(),
};

/** All other contenders are compared with this one. */
export const reference = "res.write";
