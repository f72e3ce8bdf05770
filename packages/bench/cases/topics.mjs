// @ts-check
import { takeTurns, withRunning } from "../running.mjs";

const CONTENDER = "ssekit on Express";

/**
 * What an event costs if its topic has a few subscribers and there are no others; if its topic has a few and there are
 * many with another topic; and if all have its topic.
 * @param {{ few: number, subscribers: number }} options
 * @returns {import("./index.mjs").Case}
 */
export function topicAmong({ few, subscribers }) {
  const alone = `${few} subscribers`;
  const among = `${few} of ${subscribers} subscribers`;
  const everybody = `all ${subscribers} subscribers`;
  return {
    title: `A topic that ${few} of ${subscribers} subscribers have`,
    contenders: [CONTENDER],
    reference: alone,
    limits: [],
    async measure(_contenders, settings) {
      /** @type {Record<string, number[]>} */
      const rows = { [alone]: [], [among]: [], [everybody]: [] };
      await withRunning([CONTENDER, CONTENDER], {}, async ([small, large]) => {
        if (small === undefined || large === undefined) return;
        const fewAlone = small.clients(few);
        const fewAmong = large.clients(few);
        const others = large.clients(subscribers - few);
        await fewAlone.connect(few, { paths: ["/?topics=few,all"] });
        await fewAmong.connect(few, { paths: ["/?topics=few,all"] });
        await others.connect(subscribers - few, { paths: ["/?topics=other,all"] });
        const load = {
          turns: Math.ceil(500 * settings.seconds),
          rate: 500,
          burst: 1,
          bytes: 300,
          topics: ["few"],
        };
        const toAll = { ...load, turns: 10, rate: 10, topics: ["all"] };
        /** @type {[string, () => Promise<import("../running.mjs").Published>, number][]} */
        const ways = [
          [alone, () => small.publish(load, [{ to: fewAlone }]), load.turns],
          [among, () => large.publish(load, [{ to: fewAmong }, { to: others, perStream: 0 }]), load.turns],
          [everybody, () => large.publish(toAll, [{ to: fewAmong }, { to: others }]), toAll.turns],
        ];
        for (const [, publish] of ways) await publish(); // to warm up
        await takeTurns(ways, settings.rounds, async ([row, publish, events]) => {
          settings.onTurn?.();
          rows[row]?.push((await publish()).cpu / events);
        });
      });
      return [{ name: "µs of CPU per published event", digits: 1, rows }];
    },
  };
}

/**
 * Two topics are published alternately in one turn, and every second subscriber has the other one. A cache of the last
 * frames would be of no use. The reference sends each stream the same number of events of one topic.
 * @param {{ clients: number, burst: number }} options
 * @returns {import("./index.mjs").Case}
 */
export function interleavedTopics({ clients, burst }) {
  const one = "one topic";
  const two = "two topics, one after the other";
  return {
    title: `${clients} subscribers of two topics, ${burst} events of each in a turn, one after the other`,
    contenders: [CONTENDER],
    reference: one,
    limits: [],
    async measure(_contenders, settings) {
      /** @type {Record<string, number[]>} */
      const rows = { [one]: [], [two]: [] };
      await withRunning([CONTENDER, CONTENDER], {}, async ([plain, interleaved]) => {
        if (plain === undefined || interleaved === undefined) return;
        const toPlain = plain.clients(clients);
        const toInterleaved = interleaved.clients(clients);
        await toPlain.connect(clients, { paths: ["/?topics=a"] });
        await toInterleaved.connect(clients, { paths: ["/?topics=a", "/?topics=b"] });
        const load = { turns: Math.ceil(4 * settings.seconds), rate: 4, burst, bytes: 300, topics: ["a"] };
        const both = { ...load, burst: burst * 2, topics: ["a", "b"] };
        /** @type {[string, () => Promise<import("../running.mjs").Published>][]} */
        const ways = [
          [one, () => plain.publish(load, [{ to: toPlain }])],
          [two, () => interleaved.publish(both, [{ to: toInterleaved, perStream: load.turns * burst }])],
        ];
        for (const [, publish] of ways) await publish(); // to warm up
        await takeTurns(ways, settings.rounds, async ([row, publish]) => {
          settings.onTurn?.();
          const { cpu, events } = await publish();
          rows[row]?.push(cpu / events);
        });
      });
      return [{ name: "µs of CPU per delivered event", digits: 2, rows }];
    },
  };
}
