import { describe, expect, it } from "vitest";
import { seededRandom } from "../delivery/seeded-random.js";
import { pause } from "../support/within.js";
import { AnswerClient } from "./answer-client.js";
import { request, type AnswersProcess } from "./answers-process.js";
import { LOST, newKey, NODES, startSetting, tokensOf } from "./setting.js";
import type { LastingBroker } from "./start-lasting-broker.js";

const SEED = 20_263;
const ANSWERS = 200;
const READERS = 2;
const LIMIT = 120_000;

/** Milliseconds. */
const LEASE = 2_500;

export function killedNodesContract(broker: () => LastingBroker): void {
  describe("while nodes are killed and started again", () => {
    it(
      `${ANSWERS} answers are started once, and each of their readers ends once, with the whole text or a beginning of it`,
      { timeout: LIMIT + 30_000 },
      async () => {
        const random = seededRandom(SEED);
        const { nodes, generator, port } = await startSetting(broker(), LEASE);
        const answers = Array.from({ length: ANSWERS }, () => {
          const tokens = tokensOf(random, random.between(5, 60));
          const [least, most] = random.chance(0.3) ? ([0, 5] as const) : ([10, 50] as const);
          const key = newKey();
          generator.prompt(key, { tokens, interval: () => random.between(least, most) });
          return { key, text: tokens.join(""), delay: random.between(0, 15_000) };
        });

        let isOver = false;
        const killing = killInTurn(nodes, random, () => isOver);
        const readers = await Promise.all(
          answers.map(async ({ key, delay }) => {
            await pause(delay);
            await startSomewhere(port, key);
            const clients = Array.from({ length: READERS }, () => {
              const comeBackAfter = (): number => random.between(1, 100);
              return new AnswerClient({ port, key, leaveAfter: () => random.between(1, 60), comeBackAfter });
            });
            await Promise.all(clients.map((client) => client.finished(LIMIT)));
            return clients;
          }),
        );
        isOver = true;
        await killing;

        const killed = new Map(nodes.flatMap((node) => [...node.killed]));
        const ends = new Map<string, number>();
        for (const [i, { key, text }] of answers.entries()) {
          const late = new AnswerClient({ port, key });
          await late.finished(LIMIT);
          const [end] = late.others;
          ends.set(end!, (ends.get(end!) ?? 0) + 1);
          for (const client of [...readers[i]!, late]) {
            expect(client.faults, key).toEqual([]);
            expect(client.others, key).toEqual([end]);
            expect(client.texts, key).toEqual(late.texts);
          }
          const generations = generator.generations(key);
          const isDone = end === "done";
          expect(end, key).toBe(isDone ? "done" : LOST);
          expect(late.text, key).toBe(isDone ? text : text.slice(0, late.text.length));
          // A node may die between its claim and its request.
          expect(generations.length, key).toBeGreaterThanOrEqual(late.text === "" ? 0 : 1);
          expect(generations.length, key).toBeLessThanOrEqual(1);
          const hasDied = generations.every(({ node }) => killed.has(node));
          expect(isDone || hasDied, key).toBe(true);
        }
        expect([...ends.keys()].toSorted()).toEqual(["done", LOST]);
        expect(Math.min(...ends.values())).toBeGreaterThan(ANSWERS / 20);
        expect(killed.size).toBeGreaterThan(NODES);
        for (const node of nodes) expect(await node.errors()).toEqual([]);
      },
    );
  });
}

/** Kills one node after the other, and starts it again. */
async function killInTurn(
  nodes: readonly AnswersProcess[],
  random: ReturnType<typeof seededRandom>,
  isOver: () => boolean,
): Promise<void> {
  for (;;) {
    await pause(random.between(500, 1_500));
    if (isOver()) return;
    const node = nodes[random.between(0, nodes.length - 1)]!;
    await node.kill();
    await pause(random.between(0, 300));
    await node.start();
  }
}

/** Starts an answer on some node. If the node dies meanwhile, asks another one. */
async function startSomewhere(port: number, key: string): Promise<void> {
  for (const deadline = performance.now() + LIMIT; ; await pause(20)) {
    try {
      return void (await request(port, "POST", key));
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}
