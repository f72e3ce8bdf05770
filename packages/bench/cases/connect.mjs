// @ts-check
import { takeTurns, withRunning } from "../running.mjs";

/**
 * What it costs to open a stream: the CPU time of the server's process until the client has the first bytes.
 * @param {Pick<import("./index.mjs").Case, "contenders" | "reference" | "limits"> & { clients: number }} options
 * @returns {import("./index.mjs").Case}
 */
export function connects({ clients: clientsOfCase, ...rest }) {
  return {
    ...rest,
    title: `${clientsOfCase} clients connect, 100 at once`,
    async measure(contenders, settings) {
      const clients = settings.load.clients ?? clientsOfCase;
      /** @type {Record<string, number[]>} */
      const cpuOf = {};
      /** @type {Record<string, number[]>} */
      const perSecond = {};
      await withRunning(contenders, {}, async (all) => {
        const groups = new Map(all.map((running) => [running, running.clients(clients)]));
        /** @param {import("../running.mjs").Running} running */
        const connect = async (running) => {
          const group = /** @type {import("../running.mjs").Clients} */ (groups.get(running));
          const before = await running.call("cpu");
          const start = performance.now();
          await group.connect(clients);
          const seconds = (performance.now() - start) / 1000;
          const cpu = (await running.call("cpu")) - before;
          await group.disconnect();
          return { cpu, seconds };
        };
        for (const running of all) await connect(running); // to warm up
        await takeTurns(all, settings.rounds, async (running) => {
          settings.onTurn?.();
          const { cpu, seconds } = await connect(running);
          (cpuOf[running.contender] ??= []).push(cpu / clients);
          (perSecond[running.contender] ??= []).push(clients / seconds);
        });
      });
      return [
        { name: "µs of CPU per connect", digits: 0, rows: cpuOf },
        { name: "connects per second", digits: 0, rows: perSecond },
      ];
    },
  };
}
