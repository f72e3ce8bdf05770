import { describe, expect, it } from "vitest";
import { pause, until } from "../support/within.js";
import { startCluster, TestSource, untilOver, type AnswersSubject } from "./answers-cluster.js";

const LEASE = 600;
const LOST = 'failed: {"reason":"lost"}';

export function leaseContract(subject: AnswersSubject): void {
  describe("P15: its lease", () => {
    it("ends it as failed, once, when the node of its source dies", async () => {
      const { nodes } = await startCluster(subject, 3, { lease: LEASE });
      const sources = [new TestSource(), new TestSource()];
      for (const [n, { source }] of sources.entries()) await nodes[0]!.answers.start(`key ${n}`, source);
      for (const source of sources) source.write("a");
      const readers = [];
      for (const node of nodes.slice(1)) {
        for (const key of ["key 0", "key 1"]) readers.push(await node.read(key));
      }
      for (const reader of readers) await reader.untilText("a");
      await pause(LEASE); // some renewals later
      nodes[0]!.freeze();
      const died = performance.now();
      for (const reader of readers) expect(await reader.finished()).toEqual(["a", LOST]);
      expect(performance.now() - died).toBeGreaterThan(LEASE / 2);
      for (const node of nodes.slice(1)) {
        expect(await node.answers.state("key 0")).toBe("failed");
        expect(await node.readAll("key 1")).toEqual(["a", LOST]);
        expect(node.errors).toEqual([]);
      }
    });

    it("is noticed to have run out also where nobody reads, by asking for the state", async () => {
      const { nodes } = await startCluster(subject, 2, { lease: LEASE });
      await nodes[0]!.answers.start("key", new TestSource().source);
      expect(await nodes[1]!.answers.state("key")).toBe("running");
      nodes[0]!.freeze();
      expect(await untilOver(nodes[1]!, "key")).toBe("failed");
    });

    it("keeps a node from writing that was frozen for longer, and aborts its source", async () => {
      const { nodes } = await startCluster(subject, 2, { lease: LEASE });
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      source.write("a");
      const reader = await nodes[1]!.read("key");
      await reader.untilText("a");
      nodes[0]!.freeze();
      source.write("b");
      expect(await reader.finished()).toEqual(["a", LOST]);
      nodes[0]!.thaw();
      source.write("c");
      await until("the signal to abort", () => source.signal!.aborted);
      expect(await nodes[0]!.readAll("key")).toEqual(["a", LOST]);
      expect(await nodes[0]!.answers.start("another", ["d"])).toBe(true);
      expect(await nodes[1]!.readAll("another")).toEqual(["d", "done"]);
    });

    it("does not run out while the node lives, however silent its source is", async () => {
      // Long enough that a busy machine does not make the node look dead.
      const { nodes } = await startCluster(subject, 2, { lease: 1_500, keep: 500 });
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      const reader = await nodes[1]!.read("key");
      await pause(4_000);
      expect(await nodes[1]!.answers.state("key")).toBe("running");
      expect(await nodes[1]!.answers.start("key", ["b"])).toBe(false);
      source.write("a");
      source.end();
      expect(await reader.finished()).toEqual(["a", "done"]);
    });
  });
}
