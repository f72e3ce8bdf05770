import { describe, expect, it } from "vitest";
import { seededRandom } from "../delivery/seeded-random.js";
import { pause, until } from "../support/within.js";
import { AnswerClient } from "./answer-client.js";
import { LOST, newKey, startSetting, tokensOf } from "./setting.js";
import type { LastingBroker } from "./start-lasting-broker.js";

/** Milliseconds. */
const LEASE = 2_000;

export function frozenProducerContract(broker: () => LastingBroker): void {
  describe("if the node of an answer stands still for longer than its lease", () => {
    it("its readers are told once, its source is aborted when it goes on, and nothing follows the end", async () => {
      const { nodes, generator, port } = await startSetting(broker(), LEASE);
      const [frozen, second, third] = nodes;
      const keys = [newKey(), newKey(), newKey()];
      for (const key of keys) {
        const tokens = tokensOf(seededRandom(20_265), 2_000);
        generator.prompt(key, { tokens, interval: () => 20 });
        expect(await frozen!.post(key)).toBe(true);
      }
      const clientsOf = (key: string): AnswerClient[] =>
        [second!.port!, third!.port!, frozen!.port!].map((port) => new AnswerClient({ port, key }));
      const clients = keys.map((key) => ({ key, clients: clientsOf(key) }));
      const all = clients.flatMap(({ clients }) => clients);
      await until("the first text", () => all.every(({ texts }) => texts.length > 5));
      await pause(LEASE); // some renewals later

      frozen!.freeze();
      const frozenAt = performance.now();
      for (const { key, clients: onNodes } of clients) {
        for (const client of onNodes.slice(0, 2)) {
          expect(await client.finished(20_000)).toEqual([LOST]);
          expect(client.endedAt! - frozenAt).toBeGreaterThan(LEASE / 2);
        }
        expect(await second!.state(key)).toBe("failed");
        expect(generator.generations(key)).toMatchObject([{ aborted: false }]);
      }
      const before = keys.map((key) => new AnswerClient({ port: third!.port!, key }));
      for (const client of before) await client.finished(20_000);

      frozen!.thaw();
      for (const { clients: onNodes } of clients) expect(await onNodes[2]!.finished(20_000)).toEqual([LOST]);
      const isAborted = (key: string): boolean => generator.generations(key)[0]!.aborted;
      await until("the sources to be aborted", () => keys.every(isAborted), 20_000);
      await pause(LEASE);
      for (const [i, { key, clients: onNodes }] of clients.entries()) {
        const after = new AnswerClient({ port, key });
        for (const client of [...onNodes, after]) {
          expect(await client.finished(20_000)).toEqual([LOST]);
          expect(client.texts).toEqual(before[i]!.texts);
          expect(client.faults).toEqual([]);
        }
        expect(await frozen!.post(key)).toBe(false);
        expect(generator.generations(key)).toHaveLength(1);
      }
      // The node is not lost for other answers.
      const another = newKey();
      generator.prompt(another, { tokens: ["a"], interval: () => 0 });
      expect(await frozen!.post(another)).toBe(true);
      expect(await new AnswerClient({ port: second!.port!, key: another }).finished(20_000)).toEqual([
        "done",
      ]);
    });
  });
}
