import { describe, expect, it } from "vitest";
import { seededRandom } from "../delivery/seeded-random.js";
import { pause, until } from "../support/within.js";
import { AnswerClient } from "./answer-client.js";
import { newKey, startSetting, tokensOf } from "./setting.js";
import type { LastingBroker } from "./start-lasting-broker.js";

const ANSWERS = 12;
const TOKENS = 1_000;

/** Milliseconds. */
const LEASE = 2_000;

export function restartedBrokerContract(broker: () => LastingBroker): void {
  describe("if the broker is gone for longer than the lease, and restarted", () => {
    it("no answer fails, and every reader gets the whole text once", { timeout: 120_000 }, async () => {
      const random = seededRandom(20_266);
      const { nodes, generator, port } = await startSetting(broker(), LEASE);
      let mayEnd = false;
      const interval = (): number => (mayEnd ? random.between(0, 5) : random.between(20, 50));
      const answers = [];
      for (let n = 0; n < ANSWERS; n++) {
        const key = newKey();
        const tokens = tokensOf(random, TOKENS);
        generator.prompt(key, { tokens, interval });
        expect(await nodes[n % nodes.length]!.post(key)).toBe(true);
        const clients = nodes.map(({ port }) => new AnswerClient({ port: port!, key }));
        clients.push(new AnswerClient({ port, key, leaveAfter: () => random.between(1, 50) }));
        answers.push({ key, tokens, clients });
      }
      const all = answers.flatMap(({ clients }) => clients);
      for (const signal of ["SIGKILL", "SIGTERM"] as const) {
        const counts = all.map(({ texts }) => texts.length);
        await until("more text", () => all.every(({ texts }, i) => texts.length > counts[i]! + 5), 20_000);
        expect(all.some(({ endedAt }) => endedAt !== undefined)).toBe(false);
        await broker().stop(signal);
        await pause(2.5 * LEASE);
        await broker().start();
      }
      mayEnd = true;
      for (const { key, tokens, clients } of answers) {
        for (const client of clients) {
          expect(await client.finished(60_000), key).toEqual(["done"]);
          expect(client.texts).toEqual(tokens);
          expect(client.faults).toEqual([]);
        }
        expect(generator.generations(key)).toHaveLength(1);
      }
    });
  });
}
