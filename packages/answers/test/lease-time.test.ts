import { createAnswers } from "@ssekit/answers";
import { seeded } from "@ssekit/conformance";
import { memoryLogs } from "@ssekit/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TestSource } from "../../conformance/src/answers-contract/answers-cluster.js";
import { FreezableStore } from "../../conformance/src/answers-contract/freezable-store.js";

const LEASE = 15_000;
const STEP = 100;

/** Two nodes on one store in memory. The first one writes an answer, and the other one has asked for its state. */
async function startTwoNodes(): Promise<{
  writer: FreezableStore;
  source: TestSource;
  state(): Promise<string>;
  close(): Promise<void>;
}> {
  const logs = memoryLogs();
  const writer = new FreezableStore(logs);
  const [first, second] = [writer, logs].map((logs) => createAnswers({ logs, lease: LEASE, onError() {} }));
  const source = new TestSource();
  await first!.start("key", source.source);
  const close = async (): Promise<void> => {
    writer.thaw();
    await first!.close();
    await second!.close();
  };
  return { writer, source, state: () => second!.state("key"), close };
}

describe("P15: the lease of a node", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("runs out within 4/3 of its time after the node's death, and never less than 1/2, whenever that is", async () => {
    const random = seeded(13);
    for (let round = 0; round < 40; round++) {
      const { writer, state, close } = await startTwoNodes();
      await vi.advanceTimersByTimeAsync(random() * LEASE);
      expect(await state()).toBe("running");
      for (let observed = 0, until = random() * 2 * LEASE; observed < until; observed += STEP) {
        await vi.advanceTimersByTimeAsync(STEP);
        expect(await state()).toBe("running"); // asks again and again, so that the node is observed all the time
      }
      writer.freeze();
      let elapsed = 0;
      while ((await state()) === "running" && elapsed < 3 * LEASE) {
        await vi.advanceTimersByTimeAsync(STEP);
        elapsed += STEP;
      }
      expect(await state()).toBe("failed");
      expect(elapsed).toBeGreaterThan(LEASE / 2);
      expect(elapsed).toBeLessThanOrEqual((4 / 3) * LEASE);
      await close();
    }
  });

  it("does not run out when the node is frozen for a third of it", async () => {
    const { writer, source, state, close } = await startTwoNodes();
    for (let round = 0; round < 20; round++) {
      writer.freeze();
      for (let n = 0; n < 10; n++) {
        expect(await state()).toBe("running");
        await vi.advanceTimersByTimeAsync(LEASE / 30);
      }
      writer.thaw();
      await vi.advanceTimersByTimeAsync((LEASE * 4) / 10);
    }
    source.end();
    await vi.advanceTimersByTimeAsync(1);
    expect(await state()).toBe("done");
    await close();
  });
});
