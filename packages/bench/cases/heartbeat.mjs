// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { withRunning } from "../running.mjs";

const INTERVAL_MS = 4_000;
const INTERVALS = 2;

/**
 * The CPU time of the server's process for each heartbeat. All contenders run at the same time with the same interval, and
 * their heartbeats are counted at every client.
 * @param {Pick<import("./index.mjs").Case, "contenders" | "reference" | "limits"> & { clients: number }} options
 * @returns {import("./index.mjs").Case}
 */
export function heartbeat({ clients: clientsOfCase, ...rest }) {
  return {
    ...rest,
    title: `${clientsOfCase} idle streams, a heartbeat every ${INTERVAL_MS / 1000} s`,
    async measure(contenders, settings) {
      const clients = settings.load.clients ?? clientsOfCase;
      /** @type {Record<string, number[]>} */
      const perStream = {};
      /** @type {Record<string, number[]>} */
      const perBeat = {};
      await withRunning(contenders, { heartbeat: INTERVAL_MS }, async (all) => {
        const groups = all.map((running) => running.clients(clients));
        for (const group of groups) await group.connect(clients, { beats: true });
        await wait(INTERVAL_MS);
        for (let round = 0; round < settings.rounds; round++) {
          settings.onTurn?.();
          for (const group of groups) await group.all("reset");
          const before = await Promise.all(all.map((running) => running.call("cpu")));
          await wait(INTERVAL_MS * INTERVALS);
          const after = await Promise.all(all.map((running) => running.call("cpu")));
          for (const [i, { contender }] of all.entries()) {
            const beats = await /** @type {typeof groups[0]} */ (groups[i]).all("beats");
            const least = Math.min(...beats.map((one) => one.least));
            const most = Math.max(...beats.map((one) => one.most));
            if (least < INTERVALS - 1 || most > 2 * INTERVALS)
              throw new Error(`${contender}: ${least} to ${most} heartbeats in ${INTERVALS} intervals`);
            const cpu = after[i] - before[i];
            (perStream[contender] ??= []).push(cpu / clients / INTERVALS);
            (perBeat[contender] ??= []).push(cpu / beats.reduce((sum, one) => sum + one.all, 0));
          }
        }
      });
      return [
        { name: "µs of CPU per stream and interval", digits: 2, rows: perStream },
        { name: "µs of CPU per heartbeat", digits: 2, rows: perBeat },
      ];
    },

    async profile(contender, settings) {
      const clients = settings.load.clients ?? clientsOfCase;
      return await withRunning([contender], { heartbeat: INTERVAL_MS }, async ([running]) => {
        if (running === undefined) throw new Error("Nothing runs");
        await running.clients(clients).connect(clients, { beats: true });
        await wait(INTERVAL_MS);
        await running.call("startProfile");
        await wait(INTERVAL_MS * INTERVALS);
        return await running.call("stopProfile");
      });
    },
  };
}
