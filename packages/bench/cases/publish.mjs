// @ts-check
import { start } from "../rpc.mjs";
import { takeTurns } from "../running.mjs";
import { findBroker, startBroker } from "../start-broker.mjs";

const PROCESS = new URL("../publish-process.mjs", import.meta.url);
const ONE = "publish";
const GROUP = "publish, ten in one turn";
const MANY = "publish, each caller on a channel of its own";

/**
 * How many events 100 callers store per second in logs that a broker keeps. Each caller goes on when its last event is
 * acknowledged. What is published on one channel while the broker stores earlier events is sent as one group. On
 * channels of their own each event is sent alone. The reference stores the same data with the broker's client.
 * @param {{ kind: import("../start-broker.mjs").BrokerKind, bare: string, one: number, group: number }} options the least ratios
 * @returns {import("./index.mjs").Case}
 */
export function publishing({ kind, bare, one, group }) {
  return {
    title: `100 callers publish on ${kind}`,
    contenders: ["ssekit on Express"],
    missing: () => (findBroker(kind) === undefined ? `${kind}-server is not installed` : undefined),
    reference: bare,
    limits: [
      { row: ONE, of: bare, atLeast: one },
      { row: GROUP, of: bare, atLeast: group },
    ],
    async measure(_contenders, settings) {
      /** @type {Record<string, number[]>} */
      const rates = {};
      /** @type {Record<string, number[]>} */
      const cpuOf = {};
      const broker = await startBroker(kind);
      const process = start(PROCESS, { args: [JSON.stringify({ kind, url: broker.url })] });
      try {
        const ways = Object.entries({ [bare]: "bare", [ONE]: "one", [GROUP]: "group", [MANY]: "many" });
        for (const [, way] of ways) await process.call("store", { way, seconds: 0.5 }, 60);
        await takeTurns(ways, settings.rounds, async ([row, way]) => {
          settings.onTurn?.();
          const before = broker.cpu();
          const { stored, perSecond } = await process.call("store", { way, seconds: settings.seconds }, 60);
          (rates[row] ??= []).push(perSecond);
          (cpuOf[row] ??= []).push((broker.cpu() - before) / stored);
        });
      } finally {
        await process.stop();
        await broker.stop();
      }
      return [
        { name: "events per second", digits: 0, rows: rates },
        { name: "µs of the broker's CPU per event", digits: 1, rows: cpuOf },
      ];
    },
  };
}
