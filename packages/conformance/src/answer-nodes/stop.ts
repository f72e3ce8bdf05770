import { describe, expect, it } from "vitest";
import { seededRandom } from "../delivery/seeded-random.js";
import { until } from "../support/within.js";
import { AnswerClient } from "./answer-client.js";
import { newKey, startSetting, tokensOf } from "./setting.js";
import type { LastingBroker } from "./start-lasting-broker.js";

export function stopContract(broker: () => LastingBroker): void {
  describe("an answer that is running", () => {
    it("is read from its start by a client that comes in the middle to another node", async () => {
      const { nodes, generator } = await startSetting(broker());
      const key = newKey();
      const tokens = tokensOf(seededRandom(20_267), 100);
      generator.prompt(key, { tokens, interval: () => 20 });
      await nodes[0]!.post(key);
      const first = new AnswerClient({ port: nodes[1]!.port!, key });
      await until("half of the text", () => first.texts.length > 50);
      const reloaded = nodes.map(({ port }) => new AnswerClient({ port: port!, key }));
      for (const client of [first, ...reloaded]) {
        expect(await client.finished(20_000)).toEqual(["done"]);
        expect(client.texts).toEqual(tokens);
        expect(client.faults).toEqual([]);
      }
      expect(generator.generations(key)).toHaveLength(1);
    });

    it("is stopped from another node: its source is aborted, and all readers get the same text", async () => {
      const { nodes, generator, port } = await startSetting(broker());
      const key = newKey();
      const tokens = tokensOf(seededRandom(20_268), 2_000);
      generator.prompt(key, { tokens, interval: () => 10 });
      await nodes[0]!.post(key);
      const clients = nodes.map(({ port }) => new AnswerClient({ port: port!, key }));
      await until("some text", () => clients.every(({ texts }) => texts.length > 20));
      expect(await nodes[1]!.delete(key)).toBe("stopped");
      await until("the source to be aborted", () => generator.generations(key)[0]!.aborted);
      const reloaded = new AnswerClient({ port, key });
      await reloaded.finished(20_000);
      const { texts } = reloaded;
      expect(texts.length).toBeGreaterThan(20);
      expect(texts).toEqual(tokens.slice(0, texts.length));
      for (const client of [...clients, reloaded]) {
        expect(await client.finished(20_000)).toEqual(["stopped"]);
        expect(client.texts).toEqual(texts);
        expect(client.faults).toEqual([]);
      }
      for (const node of nodes) {
        expect(await node.state(key)).toBe("stopped");
        expect(await node.post(key)).toBe(false);
        expect(await node.errors()).toEqual([]);
      }
      expect(generator.generations(key)).toHaveLength(1);
    });
  });
}
