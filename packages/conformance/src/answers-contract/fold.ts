import { describe, expect, it } from "vitest";
import { until } from "../support/within.js";
import { startCluster, TestSource, untilOver, type AnswersSubject } from "./answers-cluster.js";

const fold = (text: string = "", { data }: { data: string }): string => text + data;

export function foldContract(subject: AnswersSubject): void {
  describe("its fold", () => {
    it("gives a late reader the text so far in one event, and then the rest, with nothing twice", async () => {
      const { nodes } = await startCluster(subject, 2, { fold });
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      source.write("a", "b");
      const early = await nodes[1]!.read("key");
      await until("the first text", () => early.events.length > 0);
      const late = await nodes[1]!.read("key");
      source.write("c");
      const later = await nodes[0]!.read("key");
      source.write("d");
      source.end();
      for (const reader of [early, late, later]) {
        const events = await reader.all(15_000);
        const snapshots = events.filter(({ type }) => type === "snapshot");
        expect(snapshots.length).toBeLessThanOrEqual(1);
        expect(events.findLastIndex(({ type }) => type === "snapshot")).toBeLessThanOrEqual(0);
        expect(events.at(-1)!.type).toBe("done");
        expect(
          events
            .slice(0, -1)
            .map(({ data }) => data)
            .join(""),
        ).toBe("abcd");
      }
      const [snapshot, ...rest] = await nodes[1]!.readAll("key");
      expect([snapshot, ...rest]).toEqual(["snapshot: abcd", "done"]);
    });

    it("keeps the exact cursor, also while the source writes as fast as it can", async () => {
      const { nodes } = await startCluster(subject, 2, { fold });
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      const words = Array.from({ length: 1_000 }, (_, n) => `${n} `);
      const readers = [];
      for (let n = 0; n < words.length; n += 50) {
        source.write(...words.slice(n, n + 50));
        readers.push(await nodes[n % 2]!.read("key"), await nodes[1]!.read("key"));
      }
      source.end();
      for (const reader of readers) {
        const events = await reader.all(15_000);
        expect(
          events
            .slice(0, -1)
            .map(({ data }) => data)
            .join(""),
        ).toBe(words.join(""));
        expect(events.at(-1)!.type).toBe("done");
      }
    });

    it("is not used for a client that has a last event ID", async () => {
      const { nodes } = await startCluster(subject, 2, { fold });
      await nodes[0]!.answers.start("key", ["a", "b", "c"]);
      await untilOver(nodes[1]!, "key");
      const snapshot = (await (await nodes[1]!.read("key")).all())[0]!;
      expect(snapshot).toMatchObject({ type: "snapshot", data: "abc" });
      expect(await nodes[0]!.readAll("key", snapshot.lastEventId)).toEqual(["done"]);
    });

    it("that throws is reported, and the reader gets all events", async () => {
      const thrown = new Error("from fold");
      const { nodes } = await startCluster(subject, 1, {
        fold: () => {
          throw thrown;
        },
      });
      await nodes[0]!.answers.start("key", ["a", "b"]);
      await untilOver(nodes[0]!, "key");
      expect(await nodes[0]!.readAll("key")).toEqual(["a", "b", "done"]);
      expect(nodes[0]!.errors).toEqual([{ error: thrown, context: { key: "key", stage: "hook" } }]);
    });

    it("that returns what cannot be sent is reported, and the reader gets all events", async () => {
      const { nodes } = await startCluster(subject, 1, { fold: () => new Map() });
      await nodes[0]!.answers.start("key", ["a", "b"]);
      await untilOver(nodes[0]!, "key");
      expect(await nodes[0]!.readAll("key")).toEqual(["a", "b", "done"]);
      expect(nodes[0]!.errors.map(({ context }) => context.stage)).toEqual(["hook"]);
    });
  });
}
