// @ts-check
import { message } from "../message.mjs";
import { takeTurns, withRunning } from "../running.mjs";

const IN_MEMORY = "ssekit answers in memory";
const ON_REDIS = "ssekit answers on Redis";
const FIRST = "resumable-stream first reader";
const RESUMED = "resumable-stream resumed reader";
const WARM_UP_SECONDS = 1;

/** `rate`: tokens per second of each answer. @typedef {{ answers: number, rate: number, bytes: number }} Load */

/**
 * Many answers are running in one process, and each has a reader. Measures the CPU time of the process for each token
 * that a reader gets, and that of Redis.
 * @param {Load} load
 * @returns {import("./index.mjs").Case}
 */
export function runningAnswers(load) {
  return {
    title: `${load.answers} running answers, a reader each, ${load.rate} tokens per second, ${load.bytes} bytes`,
    contenders: [IN_MEMORY, ON_REDIS, FIRST, RESUMED],
    reference: RESUMED,
    limits: [
      { row: IN_MEMORY, of: RESUMED, atMost: 1.2 },
      { row: ON_REDIS, of: RESUMED, atMost: 2 },
    ],
    async measure(contenders, settings) {
      /** @type {Record<string, number[]>} */
      const cpuOf = {};
      /** @type {Record<string, number[]>} */
      const cpuOfRedis = {};
      await withRunning(contenders, {}, async (all) => {
        const publishers = new Map();
        for (const running of all) publishers.set(running, await connect(running, load, settings));
        await takeTurns(all, settings.rounds, async (running) => {
          settings.onTurn?.();
          const before = await running.call("brokerCpu");
          const { cpu, events } = await publishers.get(running)(settings.seconds);
          (cpuOf[running.contender] ??= []).push(cpu / events);
          if (before === undefined) return;
          (cpuOfRedis[running.contender] ??= []).push(((await running.call("brokerCpu")) - before) / events);
        });
      });
      return [
        { name: "µs of CPU per token and reader", digits: 2, rows: cpuOf },
        { name: "µs of CPU of Redis", digits: 2, rows: cpuOfRedis },
      ];
    },
    async profile(contender, settings) {
      return await withRunning([contender], {}, async ([running]) => {
        if (running === undefined) throw new Error("Nothing runs");
        const publish = await connect(running, load, settings);
        await running.call("startProfile");
        await publish(settings.seconds);
        return await running.call("stopProfile");
      });
    },
  };
}

/**
 * Starts all answers. Returns a function that writes tokens for some seconds.
 * @param {import("../running.mjs").Running} running @param {Load} loadOfCase @param {import("./index.mjs").Settings} settings
 */
async function connect(running, loadOfCase, settings) {
  const { answers, rate, bytes } = { ...loadOfCase, ...settings.load };
  const clients = settings.load.clients ?? answers;
  const to = running.clients(clients);
  await to.connect(clients, { paths: Array.from({ length: clients }, (_, i) => `/${i}`) });
  const publish = (/** @type {number} */ seconds) =>
    running.publish({ turns: Math.max(1, Math.round(seconds * rate)), rate, burst: 1, bytes }, [{ to }]);
  await publish(WARM_UP_SECONDS);
  return publish;
}

/**
 * What is kept of each answer that is over, in the process and in Redis. The memory is measured after forced garbage
 * collections. Each measurement has a new process.
 * @param {{ answers: number, tokens: number, bytes: number }} load
 * @returns {import("./index.mjs").Case}
 */
export function finishedAnswers({ answers, tokens, bytes }) {
  const data = "the data alone";
  const redisOf = (/** @type {string} */ contender) => `${contender}: Redis`;
  return {
    title: `${answers} finished answers of ${tokens} tokens of ${bytes} bytes`,
    contenders: [IN_MEMORY, ON_REDIS, FIRST],
    reference: data,
    limits: [
      { row: IN_MEMORY, of: data, atMost: 8 },
      { row: ON_REDIS, of: data, atMost: 0.5 },
      { row: redisOf(ON_REDIS), of: data, atMost: 3 },
    ],
    async measure(contenders, settings) {
      const count = settings.load.clients ?? answers;
      const load = { tokens, bytes: settings.load.bytes ?? bytes };
      const texts = Array.from({ length: tokens }, (_, i) => JSON.stringify(message(i, load.bytes)));
      /** @type {Record<string, number[]>} */
      const rows = { [data]: [] };
      const add = (/** @type {string} */ row, /** @type {number} */ bytesOfAll) =>
        (rows[row] ??= []).push(bytesOfAll / count / 1024);
      for (let round = 0; round < Math.min(2, settings.rounds); round++)
        add(data, Buffer.byteLength(texts.join("")) * count);
      await takeTurns(contenders, Math.min(2, settings.rounds), async (contender) => {
        settings.onTurn?.();
        await withRunning([contender], {}, async ([running]) => {
          if (running === undefined) return;
          await running.call("finish", { ...load, answers: 200 }, 60); // to warm up
          const before = await memoryOf(running);
          await running.call("finish", { ...load, answers: count }, 120);
          const after = await memoryOf(running);
          add(contender, after.process - before.process);
          if (after.redis !== undefined) add(redisOf(contender), after.redis - before.redis);
        });
      });
      return [{ name: "KB per answer", digits: 2, rows }];
    },
  };
}

/** @param {import("../running.mjs").Running} running */
async function memoryOf(running) {
  const { heapUsed, arrayBuffers } = await running.call("memory");
  return { process: heapUsed + arrayBuffers, redis: await running.call("brokerMemory") };
}
