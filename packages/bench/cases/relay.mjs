// @ts-check
import { start } from "../rpc.mjs";
import { takeTurns } from "../running.mjs";

const PROCESS = new URL("../relay-process.mjs", import.meta.url);
/** `chunk`: bytes of a chunk. Language models often send each event in a chunk of its own. */
const UPSTREAMS = [
  { name: "300 B in chunks of 16 KiB", bytes: 300, chunk: 16_384 },
  { name: "8 KB in chunks of 16 KiB", bytes: 8_192, chunk: 16_384 },
  { name: "300 B, each a chunk", bytes: 300, chunk: 0 },
];
const MEGABYTES = 48;

/**
 * How many bytes of an upstream event stream pass through `relay` in a second of CPU time. The reference decodes the same
 * chunks with a `TextDecoder` and does nothing else.
 * @returns {import("./index.mjs").Case}
 */
export function relayThroughput() {
  const decoder = (/** @type {string} */ upstream) => `TextDecoder, ${upstream}`;
  const relay = (/** @type {string} */ upstream) => `relay, ${upstream}`;
  return {
    title: "The bytes of an upstream event stream, by the size of its events",
    contenders: ["ssekit on Express"],
    reference: decoder("300 B in chunks of 16 KiB"),
    limits: UPSTREAMS.map(({ name }) => ({ row: relay(name), of: decoder(name), atLeast: 0.5 })),
    async measure(_contenders, settings) {
      /** @type {Record<string, number[]>} */
      const rows = {};
      const process = start(PROCESS);
      try {
        const ways = UPSTREAMS.flatMap(({ name, ...upstream }) => [
          { row: decoder(name), kind: "decode", upstream },
          { row: relay(name), kind: "relay", upstream },
        ]);
        for (const { kind, upstream } of ways)
          await process.call("pass", { kind, ...upstream, megabytes: 8 }, 60);
        await takeTurns(ways, settings.rounds, async ({ row, kind, upstream }) => {
          settings.onTurn?.();
          const { micros, read } = await process.call(
            "pass",
            { kind, ...upstream, megabytes: MEGABYTES },
            60,
          );
          (rows[row] ??= []).push(read / micros);
        });
      } finally {
        await process.stop();
      }
      return [{ name: "MB per second of CPU", digits: 0, rows }];
    },
  };
}
