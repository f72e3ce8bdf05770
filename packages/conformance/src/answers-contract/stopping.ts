import { describe, expect, it } from "vitest";
import { createGate, never, pause, until } from "../support/within.js";
import { brief, startCluster, TestSource, type AnswersSubject } from "./answers-cluster.js";

export function stoppingContract(subject: AnswersSubject): void {
  describe("P15: stop", () => {
    it.each([0, 1])("on node %i aborts the source, keeps the text and ends all readers", async (n) => {
      const { nodes } = await startCluster(subject, 2);
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      source.write("a", "b");
      const readers = await Promise.all(nodes.map((node) => node.read("key")));
      for (const reader of readers) await reader.untilText("ab");
      expect(await nodes[n]!.answers.stop("key")).toBe("stopped");
      await until("the signal to abort", () => source.signal!.aborted);
      for (const reader of readers) expect(await reader.finished()).toEqual(["a", "b", "stopped"]);
      await until("the source to be returned", () => source.returned);
      for (const node of nodes) {
        expect(await node.answers.state("key")).toBe("stopped");
        expect(await node.answers.stop("key")).toBe("stopped");
        expect(await node.readAll("key")).toEqual(["a", "b", "stopped"]);
        expect(node.errors).toEqual([]);
      }
    });

    it("does not change an answer that is over", async () => {
      const { nodes } = await startCluster(subject, 2, { describeError: () => undefined });
      await nodes[0]!.answers.start("done", ["a"]);
      await nodes[0]!.answers.start("failed", () => Promise.reject(new Error("secret")));
      await nodes[1]!.readAll("done");
      await nodes[1]!.readAll("failed");
      expect(await nodes[1]!.answers.stop("done")).toBe("done");
      expect(await nodes[1]!.answers.stop("failed")).toBe("failed");
    });

    it("ends it once, however many nodes call it and whenever the source ends", async () => {
      const { nodes } = await startCluster(subject, 3);
      for (let round = 0; round < 10; round++) {
        const key = `key ${round}`;
        const source = new TestSource();
        await nodes[0]!.answers.start(key, source.source);
        const readers = await Promise.all(nodes.map((node) => node.read(key)));
        source.write("a");
        if (round % 2 === 0) await readers[1]!.untilText("a");
        source.end();
        const states = new Set(await Promise.all(nodes.map(({ answers }) => answers.stop(key))));
        for (const { answers } of nodes) states.add(await answers.state(key));
        expect(states.size, [...states].join()).toBe(1);
        const told = await Promise.all(readers.map((reader) => reader.finished()));
        expect(new Set(told.map((events) => events.join())).size).toBe(1);
        expect(told[0]!.at(-1)).toBe([...states][0]);
        expect(told[0]!.slice(0, -1).filter((text) => text !== "a")).toEqual([]);
      }
    });

    it("of a source that ignores its signal drops what it still writes, and returns its iterator", async () => {
      const { nodes } = await startCluster(subject, 2);
      const gate = createGate();
      let returned = false;
      async function* stubborn(): AsyncGenerator<string> {
        try {
          yield "a";
          await gate.opened;
          for (;;) yield "late";
        } finally {
          returned = true;
        }
      }
      await nodes[0]!.answers.start("key", stubborn);
      const reader = await nodes[1]!.read("key");
      await reader.untilText("a");
      expect(await nodes[1]!.answers.stop("key")).toBe("stopped");
      expect(await reader.finished()).toEqual(["a", "stopped"]);
      gate.open();
      await until("the iterator to be returned", () => returned);
      expect(await nodes[0]!.readAll("key")).toEqual(["a", "stopped"]);
    });

    it("of a source that never yields", async () => {
      const { nodes } = await startCluster(subject, 2);
      let signal: AbortSignal | undefined;
      await nodes[0]!.answers.start("function", (context) => ((signal = context.signal), never()));
      await nodes[0]!.answers.start("items", async function* () {
        await never();
      });
      const cancelled: unknown[] = [];
      await nodes[0]!.answers.start(
        "stream",
        new ReadableStream<string>({ cancel: (reason) => void cancelled.push(reason) }),
      );
      for (const key of ["function", "items", "stream"]) {
        const reader = await nodes[1]!.read(key);
        expect(await nodes[1]!.answers.state(key)).toBe("running");
        expect(await nodes[1]!.answers.stop(key)).toBe("stopped");
        expect(await reader.finished()).toEqual(["stopped"]);
      }
      await until("the signal to abort", () => signal!.aborted);
      await until("the stream to be cancelled", () => cancelled.length === 1);
    });

    it("reaches a reader that is in mid-resume", async () => {
      const { nodes } = await startCluster(subject, 2);
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      const words = Array.from({ length: 2_000 }, (_, n) => `${n} `);
      source.write(...words);
      const reader = await nodes[1]!.read("key");
      await reader.untilText("1999 ");
      const [first] = reader.events;
      const resuming = nodes[1]!.read("key", first!.lastEventId);
      await nodes[0]!.answers.stop("key");
      const resumed = await resuming;
      await resumed.all();
      expect(brief(resumed.events)).toEqual([...words.slice(1), "stopped"]);
      await pause(20);
      expect(source.starts).toBe(1);
    });
  });
}
