// @ts-check
import { start } from "../rpc.mjs";
import { takeTurns } from "../running.mjs";

const PROCESS = new URL("../relay-process.mjs", import.meta.url);
const SIZES = [300, 8_192];
const MEGABYTES = 48;

/**
 * How many bytes of an upstream event stream pass through `relay` in a second of CPU time. The reference decodes the same
 * chunks with a `TextDecoder` and does nothing else.
 * @returns {import("./index.mjs").Case}
 */
export function relayThroughput() {
  const decoder = (/** @type {number} */ size) => `TextDecoder, events of ${size} bytes`;
  const relay = (/** @type {number} */ size) => `relay, events of ${size} bytes`;
  return {
    title: "An upstream's bytes in chunks of 16 KiB",
    contenders: ["ssekit on Express"],
    reference: decoder(300),
    limits: SIZES.map((size) => ({ row: relay(size), of: decoder(size), atLeast: 0.5 })),
    async measure(_contenders, settings) {
      /** @type {Record<string, number[]>} */
      const rows = {};
      const process = start(PROCESS);
      try {
        const ways = SIZES.flatMap((bytes) => [
          { row: decoder(bytes), kind: "decode", bytes },
          { row: relay(bytes), kind: "relay", bytes },
        ]);
        for (const { kind, bytes } of ways) await process.call("pass", { kind, bytes, megabytes: 8 }, 60);
        await takeTurns(ways, settings.rounds, async ({ row, kind, bytes }) => {
          settings.onTurn?.();
          const { micros, read } = await process.call("pass", { kind, bytes, megabytes: MEGABYTES }, 60);
          (rows[row] ??= []).push(read / micros);
        });
      } finally {
        await process.stop();
      }
      return [{ name: "MB per second of CPU", digits: 0, rows }];
    },
  };
}
