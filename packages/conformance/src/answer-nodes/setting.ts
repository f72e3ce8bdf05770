import { randomUUID } from "node:crypto";
import { startBalancer } from "../cluster/start-balancer.js";
import type { Random } from "../delivery/seeded-random.js";
import { startAnswersProcesses, type AnswersProcess } from "./answers-process.js";
import { startGenerator, type Generator } from "./start-generator.js";
import type { LastingBroker } from "./start-lasting-broker.js";

export const NODES = 3;
/** The event of an answer whose node is dead. */
export const LOST = 'failed: {"reason":"lost"}';

/** Nodes, the upstream that they ask, and a balancer in front of them. */
export interface Setting {
  readonly nodes: readonly AnswersProcess[];
  readonly generator: Generator;
  /** The port of the balancer. */
  readonly port: number;
}

/** @param lease milliseconds. A process of a busy machine must not stand still for so long. Default: that of answers. */
export async function startSetting({ kind, url }: LastingBroker, lease = 15_000): Promise<Setting> {
  const generator = await startGenerator();
  const options = { broker: { kind, url }, upstream: generator.url, lease };
  const nodes = await startAnswersProcesses(NODES, options);
  return { nodes, generator, port: await startBalancer(nodes) };
}

/** A key that no other test has. */
export function newKey(): string {
  return randomUUID();
}

const WORDS = ["The ", "quick\n", "bräun ", "🦊 ", "data: ", "jumps\n\n", "", " over", "[DONE] ", "\u2028"];

/** The tokens of an answer. Each text is different from all others of the answer. */
export function tokensOf(random: Random, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${n}${WORDS[random.between(0, WORDS.length - 1)]}`);
}
