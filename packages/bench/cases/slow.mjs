// @ts-check
import { withRunning } from "../running.mjs";
import { percentile } from "../statistics.mjs";
import { latenciesOf } from "./fan-out.mjs";

const load = { rate: 20, burst: 1, bytes: 2_048 };
const HISTORY_BYTES = 12 << 20;

/**
 * Slow readers ask for a history that is larger than the buffers of the operating system, and read little of it, so the
 * server waits for each of them. Each round measures the others with and without them.
 * @param {{ clients: number, slow: number }} options
 * @returns {import("./index.mjs").Case}
 */
export function slowReaders({ clients, slow }) {
  return {
    title: `${slow} slow readers among ${clients}, ${load.rate} events per second of ${load.bytes} bytes`,
    contenders: ["ssekit on Express"],
    reference: "without slow readers",
    limits: [{ row: "with slow readers", of: "without slow readers", atMost: 1.2 }],
    async measure(contenders, settings) {
      /** @type {Record<"p50" | "p99", Record<"without slow readers" | "with slow readers", number[]>>} */
      const rows = {
        p99: { "without slow readers": [], "with slow readers": [] },
        p50: { "without slow readers": [], "with slow readers": [] },
      };
      await withRunning(contenders, { history: 20_000 }, async ([running]) => {
        if (running === undefined) return;
        const readers = running.clients(clients);
        const others = running.clients(slow);
        await running.call("fill", { events: HISTORY_BYTES / load.bytes, bytes: load.bytes });
        await readers.connect(clients - slow, { timed: true });
        const publish = async () => {
          const turns = Math.ceil(settings.seconds * load.rate);
          const { sentAt } = await running.publish({ ...load, turns }, [{ to: readers }]);
          return latenciesOf((await readers.all("arrivals")).flat(), sentAt);
        };
        /** @param {"without slow readers" | "with slow readers"} row */
        const measure = async (row) => {
          settings.onTurn?.();
          if (row === "with slow readers") {
            await others.connect(slow, { slow: true, paths: ["/?from=start"] });
            await running.until("blocked", slow);
          }
          const latencies = await publish();
          rows.p99[row].push(percentile(latencies, 0.99));
          rows.p50[row].push(percentile(latencies, 0.5));
          if (row !== "with slow readers") return;
          await running.until("blocked", slow);
          await others.disconnect();
        };
        await publish(); // to warm up
        for (let round = 0; round < settings.rounds; round++) {
          await measure(round % 2 === 0 ? "without slow readers" : "with slow readers");
          await measure(round % 2 === 0 ? "with slow readers" : "without slow readers");
        }
      });
      return [
        { name: "ms to arrive, p99", digits: 1, rows: rows.p99 },
        { name: "ms to arrive, p50", digits: 1, rows: rows.p50 },
      ];
    },
  };
}
