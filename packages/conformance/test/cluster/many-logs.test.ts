import { describe, expect, it, onTestFinished } from "vitest";
import { brokerCalls, brokerConnections } from "../../../bench/ask-broker.mjs";
import { openStore } from "../../../bench/open-store.mjs";
import { startBroker } from "../../../bench/start-broker.mjs";
import { systemProgram } from "../../src/support/system-program.js";
import { pause, until } from "../../src/support/within.js";

const LOGS = 10_000;

describe.each(["redis", "nats"] as const)("on %s, a node that follows 10 000 logs", (kind) => {
  it.skipIf(systemProgram(`${kind}-server`) === undefined)(
    "hears of all of them on the connections that one log needs, and asks for all of them together",
    { timeout: 180_000 },
    async () => {
      const broker = await startBroker(kind);
      onTestFinished(() => broker.stop());
      const { store, close } = await openStore(broker, { history: { events: 10 } });
      onTestFinished(close);
      const follow = async (numbers: readonly number[]): Promise<void> => {
        await Promise.all(
          numbers.map(async (n) => store.open(`log ${n}`).tail((news) => "entries" in news && heard.add(n))),
        );
      };
      const heard = new Set<number>();
      await follow([0]);
      const forOne = await brokerConnections(broker);
      for (let n = 1; n < LOGS; n += 500)
        await follow(Array.from({ length: Math.min(500, LOGS - n) }, (_, i) => n + i));
      expect(await brokerConnections(broker)).toBe(forOne);

      const before = await brokerCalls(broker);
      await pause(3_000); // three checks
      expect((await brokerCalls(broker)) - before).toBeLessThan(LOGS / 10);

      const some = [0, 1, LOGS / 2, LOGS - 1];
      await Promise.all(some.map(async (n) => store.open(`log ${n}`).append([{ data: "a" }])));
      await until("the entries", () => heard.size === some.length, 30_000);
      expect([...heard].toSorted((a, b) => a - b)).toEqual(some);
    },
  );
});
