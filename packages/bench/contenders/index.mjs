// @ts-check
import { nchanIsMissing } from "./nchan.mjs";
import { redisIsMissing } from "./redis.mjs";

/**
 * A way to send one event to many clients. It runs in a process of its own.
 * @typedef {object} Contender
 * @property {import("node:net").Server} [server] opens a stream on `GET /`. It does not listen yet
 * @property {number} [port] of a server in another process, which listens already
 * @property {() => number | Promise<number>} open how many streams are open
 * @property {(data: unknown, topic?: string) => unknown} send sends an event of type `tick` to all streams. A promise is
 *   awaited by the publisher
 * @property {(data: unknown) => Promise<string>} [sendOld] keeps an event of type `old` in the history. Resolves to its id
 * @property {(items: unknown[]) => Promise<void>} [finish] writes a whole answer. Resolves when it is over
 * @property {{ cpu(): number, memory(): Promise<number> }} [broker] the CPU microseconds and the bytes of its broker
 * @property {() => number} [blocked] how many streams hold bytes that their client has not read
 * @property {() => number} [cpu] CPU microseconds of the other process. The default is this process
 * @property {() => number} [rss] bytes of the other process
 */

/**
 * Options of a contender. Those that a contender does not have are ignored.
 * @typedef {object} ContenderOptions
 * @property {number} [flushInterval] milliseconds in which a channel collects events
 * @property {number} [heartbeat] milliseconds between two heartbeats
 * @property {number} [history] how many events the channel keeps
 */

/** @typedef {(options: ContenderOptions) => Contender | Promise<Contender>} CreateContender */

/**
 * All contenders. A contender's libraries are loaded only by the process that runs it.
 * @type {Record<string, () => Promise<CreateContender>>}
 */
const contenders = {
  "ssekit on Express": async () => (await import("./ssekit.mjs")).channelOnExpress,
  "ssekit on Koa": async () => (await import("./ssekit.mjs")).channelOnKoa,
  "ssekit on Hono": async () => (await import("./ssekit.mjs")).channelOnHono,
  "ssekit on node:http": async () => (await import("./ssekit.mjs")).channelOnNode,
  "ssekit send loop": async () => (await import("./ssekit.mjs")).loopOnExpress,
  "better-sse on Express": async () => (await import("./better-sse.mjs")).betterSseOnExpress,
  "better-sse on Hono": async () => (await import("./better-sse.mjs")).betterSseOnHono,
  "hono streamSSE": async () => (await import("./hono-stream-sse.mjs")).honoStreamSse,
  h3: async () => (await import("./h3.mjs")).h3,
  "@fastify/sse": async () => (await import("./fastify-sse.mjs")).fastifySse,
  "res.write": async () => (await import("./res-write.mjs")).resWrite,
  "res.write of a buffer": async () => (await import("./res-write.mjs")).resWriteOfBuffer,
  "net.Socket.write": async () => (await import("./socket-write.mjs")).socketWrite,
  "nginx with nchan": async () => (await import("./nchan.mjs")).nchan,
  "ssekit answers in memory": async () => (await import("./answers.mjs")).answersInMemory,
  "ssekit answers on Redis": async () => (await import("./answers.mjs")).answersOnRedis,
  "resumable-stream first reader": async () => (await import("./resumable-stream.mjs")).firstReader,
  "resumable-stream resumed reader": async () => (await import("./resumable-stream.mjs")).resumedReader,
};

export const contenderNames = Object.keys(contenders);

/** What must be installed for a contender. */
const packages = {
  "better-sse on Express": "better-sse",
  "better-sse on Hono": "better-sse",
  h3: "h3",
  "@fastify/sse": "@fastify/sse",
  "resumable-stream first reader": "resumable-stream",
  "resumable-stream resumed reader": "resumable-stream",
};
const onRedis = [
  "ssekit answers on Redis",
  "resumable-stream first reader",
  "resumable-stream resumed reader",
];

/**
 * Says why a contender cannot run on this machine, or returns `undefined`.
 * @param {string} name
 */
export function missing(name) {
  if (name === "nginx with nchan") return nchanIsMissing();
  if (onRedis.includes(name) && redisIsMissing() !== undefined) return redisIsMissing();
  const needed = Object.entries(packages).find(([contender]) => contender === name)?.[1];
  try {
    if (needed !== undefined) import.meta.resolve(needed);
    return undefined;
  } catch {
    return `the package ${needed} is not installed`;
  }
}

/**
 * Creates a contender in this process.
 * @param {string} name or the URL of a module whose default export is a `CreateContender`
 * @param {ContenderOptions} options
 * @returns {Promise<Contender>}
 */
export async function createContender(name, options) {
  const load = name.startsWith("file:") ? async () => (await import(name)).default : contenders[name];
  if (load === undefined) throw new Error(`Expected the name of a contender, got ${name}`);
  return await (
    await load()
  )(options);
}
