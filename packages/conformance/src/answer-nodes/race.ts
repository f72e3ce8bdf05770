import { describe, expect, it } from "vitest";
import { seededRandom } from "../delivery/seeded-random.js";
import { AnswerClient } from "./answer-client.js";
import { newKey, startSetting, tokensOf } from "./setting.js";
import type { LastingBroker } from "./start-lasting-broker.js";

const KEYS = 40;

export function raceContract(broker: () => LastingBroker): void {
  describe("if all nodes are asked for an answer at once", () => {
    it("one of them starts it, and all of them send it", { timeout: 60_000 }, async () => {
      const random = seededRandom(20_264);
      const { nodes, generator } = await startSetting(broker());
      for (let n = 0; n < KEYS; n++) {
        const key = newKey();
        const tokens = tokensOf(random, 5);
        generator.prompt(key, { tokens, interval: () => random.between(0, 5) });
        const started = await Promise.all(nodes.flatMap((node) => [node.post(key), node.post(key)]));
        expect(started.filter(Boolean)).toHaveLength(1);
        const clients = nodes.map(({ port }) => new AnswerClient({ port: port!, key }));
        for (const client of clients) {
          expect(await client.finished(20_000)).toEqual(["done"]);
          expect(client.texts).toEqual(tokens);
        }
        for (const node of nodes) expect(await node.post(key)).toBe(false);
        expect(generator.generations(key)).toHaveLength(1);
      }
    });
  });
}
