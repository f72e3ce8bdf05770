// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { takeTurns, withRunning } from "../running.mjs";

/**
 * All clients reconnect at once. Each resumes at the oldest of `events` events, with a filter that lets none of them
 * through, so the server looks at all of them for every client. The bare handler knows no history: it shows what the
 * connections alone cost. At the end every client gets one event that its filter lets through.
 * @param {{ clients: number, events: number }} options
 * @returns {import("./index.mjs").Case}
 */
export function storm({ clients: clientsOfCase, events }) {
  return {
    title: `${clientsOfCase} clients resume over ${events} events, with a filter`,
    contenders: ["ssekit on Express", "res.write"],
    reference: "res.write",
    limits: [{ row: "ssekit on Express", of: "res.write", atMost: 50, more: true }],
    async measure(contenders, settings) {
      const clients = settings.load.clients ?? clientsOfCase;
      /** @type {Record<string, number[]>} */
      const standstill = {};
      /** @type {Record<string, number[]>} */
      const cpuOf = {};
      // Each round has new processes, because the events of an earlier round would be in the history.
      await takeTurns(contenders, settings.rounds, async (contender) => {
        settings.onTurn?.();
        await withRunning([contender], { history: 2 * events }, async ([running]) => {
          if (running === undefined) return;
          const first = await running.call("fill", { events: events + 1, bytes: 100 }, 60);
          const group = running.clients(clients);
          await group.connect(200, { paths: ["/?filter=tick"] }); // to warm up
          await group.disconnect();
          const before = await running.call("cpu");
          await running.call("watchLoop");
          const resume = { lastEventId: first ?? "0", paths: ["/?filter=tick"], atOnce: 1_000 };
          await group.connect(clients, resume);
          const cpu = await whenQuiet(running);
          (standstill[contender] ??= []).push(await running.call("longestStandstill"));
          (cpuOf[contender] ??= []).push((cpu - before) / clients);
          await running.publish({ turns: 1, rate: 1, burst: 1, bytes: 300 }, [{ to: group }]);
        });
      });
      return [
        { name: "ms of the longest standstill of the event loop", digits: 1, rows: standstill },
        { name: "µs of CPU per client", digits: 0, rows: cpuOf },
      ];
    },
  };
}

/** Waits until the server's process does nothing. Returns its CPU time. @param {import("../running.mjs").Running} running */
async function whenQuiet(running) {
  const limit = performance.now() + 25_000;
  let last = 0;
  for (;;) {
    const cpu = await running.call("cpu");
    if (cpu - last < 10_000) return cpu;
    if (performance.now() > limit) throw new Error(`${running.contender} is still busy after 25 s`);
    last = cpu;
    await wait(250);
  }
}
