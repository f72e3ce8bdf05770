// @ts-check
import { takeTurns, withRunning } from "../running.mjs";
import { percentile } from "../statistics.mjs";

/**
 * There are `rate` turns per second. In each turn, `burst` events are sent to each of the `clients`. An event has at least
 * `bytes` bytes of JSON.
 * @typedef {{ clients: number, rate: number, burst: number, bytes: number }} Load
 */

const WARM_UP_SECONDS = 1;

/**
 * Measures the CPU time of the server's process for each delivered event, in user mode and in the kernel. With `timed` it
 * measures the time from publishing to arrival first of all. It publishes `longer` times as long as the settings say.
 * @param {Pick<import("./index.mjs").Case, "contenders" | "reference" | "limits"> & { load: Load, timed?: boolean, longer?: number, options?: import("../contenders/index.mjs").ContenderOptions }} options
 * @returns {import("./index.mjs").Case}
 */
export function fanOut({ load: loadOfCase, timed = false, longer = 1, options = {}, ...rest }) {
  const { clients, rate, burst, bytes } = loadOfCase;
  return {
    ...rest,
    title: `${clients} streams, ${burst === 1 ? `${rate} events` : `${rate} ${rate === 1 ? "burst" : "bursts"} of ${burst} events`} per second, ${bytes} bytes`,

    async measure(contenders, settings) {
      const load = { ...loadOfCase, ...settings.load };
      /** @type {Record<"cpu" | "wire" | "p50" | "p99", Record<string, number[]>>} */
      const rows = { cpu: {}, wire: {}, p50: {}, p99: {} };
      await withRunning(contenders, options, async (all) => {
        const groups = new Map();
        for (const running of all) {
          groups.set(running, await connect(running, load, timed));
          await publish(running, groups.get(running), load, WARM_UP_SECONDS);
        }
        await takeTurns(all, settings.rounds, async (running) => {
          settings.onTurn?.();
          const group = groups.get(running);
          const { cpu, events, wireBytes, sentAt } = await publish(
            running,
            group,
            load,
            longer * settings.seconds,
          );
          (rows.cpu[running.contender] ??= []).push(cpu / events);
          (rows.wire[running.contender] ??= []).push(wireBytes / events);
          if (!timed) return;
          const latencies = latenciesOf((await group.all("arrivals")).flat(), sentAt);
          (rows.p50[running.contender] ??= []).push(percentile(latencies, 0.5));
          (rows.p99[running.contender] ??= []).push(percentile(latencies, 0.99));
        });
      });
      return [
        ...(timed
          ? [
              { name: "ms to arrive, p99", digits: 1, rows: rows.p99 },
              { name: "ms to arrive, p50", digits: 1, rows: rows.p50 },
            ]
          : []),
        { name: "µs of CPU per event", digits: 2, rows: rows.cpu },
        { name: "bytes on the wire per event", digits: 0, rows: rows.wire },
      ];
    },

    async profile(contender, settings) {
      const load = { ...loadOfCase, ...settings.load };
      return await withRunning([contender], options, async ([running]) => {
        if (running === undefined) throw new Error("Nothing runs");
        const group = await connect(running, load, timed);
        await publish(running, group, load, WARM_UP_SECONDS);
        await running.call("startProfile");
        await publish(running, group, load, longer * settings.seconds);
        return await running.call("stopProfile");
      });
    },
  };
}

/** @param {import("../running.mjs").Running} running @param {Load} load @param {boolean} timed */
async function connect(running, { clients }, timed) {
  const group = running.clients(clients);
  await group.connect(clients, { timed });
  return group;
}

/** @param {import("../running.mjs").Running} running @param {import("../running.mjs").Clients} to @param {Load} load @param {number} seconds */
function publish(running, to, { rate, burst, bytes }, seconds) {
  return running.publish({ turns: Math.max(1, Math.round(seconds * rate)), rate, burst, bytes }, [{ to }]);
}

/** @param {number[]} arrivals pairs of a number and a time @param {number[]} sentAt */
export function latenciesOf(arrivals, sentAt) {
  const latencies = [];
  for (let i = 0; i < arrivals.length; i += 2)
    latencies.push((arrivals[i + 1] ?? NaN) - (sentAt[arrivals[i] ?? NaN] ?? NaN));
  return latencies;
}
