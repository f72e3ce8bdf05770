// @ts-check
import { takeTurns, withRunning } from "../running.mjs";

const WARM_UP_STREAMS = 200;

/**
 * What the server's process holds for each stream that is open and silent. The memory is measured after forced garbage
 * collections, before and after the streams are opened. Each measurement has a new process.
 * @param {Pick<import("./index.mjs").Case, "contenders" | "reference" | "limits"> & { clients: number }} options
 * @returns {import("./index.mjs").Case}
 */
export function idle({ clients: clientsOfCase, ...rest }) {
  return {
    ...rest,
    title: `${clientsOfCase} idle streams`,
    async measure(contenders, settings) {
      const clients = settings.load.clients ?? clientsOfCase;
      /** @type {Record<string, number[]>} */
      const heap = {};
      /** @type {Record<string, number[]>} */
      const rss = {};
      await takeTurns(contenders, Math.min(2, settings.rounds), async (contender) => {
        settings.onTurn?.();
        await withRunning([contender], {}, async ([running]) => {
          const group = running?.clients(clients);
          if (running === undefined || group === undefined) return;
          await group.connect(WARM_UP_STREAMS);
          await group.disconnect();
          const before = await running.call("memory");
          await group.connect(clients);
          const after = await running.call("memory");
          (heap[contender] ??= []).push((after.heapUsed - before.heapUsed) / clients / 1024);
          (rss[contender] ??= []).push((after.rss - before.rss) / clients / 1024);
        });
      });
      return [
        { name: "KB of heap per stream", digits: 2, rows: heap },
        { name: "KB of RSS per stream", digits: 1, rows: rss },
      ];
    },
  };
}
