// @ts-check
import { start } from "../rpc.mjs";
import { takeTurns } from "../running.mjs";
import { startBroker } from "../start-broker.mjs";

const PROCESS = new URL("../publish-process.mjs", import.meta.url);
const ONE = "publish on one channel";
const MANY = "publish on 100 channels, one event at a time on each";

/**
 * How many events are stored per second in logs that a broker keeps, with 100 of them under way. What is published on one
 * channel meanwhile is stored in groups. With 100 channels each event is stored alone. The reference stores the same data
 * with the broker's client and without ssekit.
 * @param {{ kind: import("../start-broker.mjs").BrokerKind, bare: string, one: number, many?: number }} options the least ratios
 * @returns {import("./index.mjs").Case}
 */
export function publishing({ kind, bare, one, many }) {
  return {
    title: `Events stored per second, with 100 under way, on ${kind}`,
    contenders: [`ssekit on ${kind}`],
    reference: bare,
    limits: [
      { row: ONE, of: bare, atLeast: one },
      ...(many === undefined ? [] : [{ row: MANY, of: bare, atLeast: many }]),
    ],
    async measure(_contenders, settings) {
      /** @type {Record<string, number[]>} */
      const rows = {};
      const broker = await startBroker(kind);
      const process = start(PROCESS, { args: [JSON.stringify({ kind, url: broker.url })] });
      try {
        const ways = Object.entries({ [bare]: "bare", [ONE]: "one channel", [MANY]: "many channels" });
        for (const [, way] of ways) await process.call("store", { way, seconds: 0.5 }, 60);
        await takeTurns(ways, settings.rounds, async ([row, way]) => {
          settings.onTurn?.();
          const perSecond = await process.call("store", { way, seconds: settings.seconds }, 60);
          (rows[row] ??= []).push(perSecond);
        });
      } finally {
        await process.stop();
        await broker.stop();
      }
      return [{ name: "events per second", digits: 0, rows }];
    },
  };
}
