import { describe, expect, it } from "vitest";
import { pause, until, within } from "../support/within.js";
import { startCluster, TestSource, type AnswersSubject, type SharedStore } from "./answers-cluster.js";

const LEASE = 900;

/** The tests of a store that can be unreachable. */
export function outageContract(subject: AnswersSubject): void {
  describe("P15: an outage of its log", () => {
    const goDown = (store: SharedStore): ReturnType<NonNullable<SharedStore["goDown"]>> => store.goDown!();

    it("that is longer than the lease fails nobody, and loses and doubles no text", async () => {
      const { nodes, store } = await startCluster(subject, 3, { lease: LEASE });
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      source.write("a");
      const readers = await Promise.all(nodes.map((node) => node.read("key")));
      for (const reader of readers) await reader.untilText("a");
      for (const text of ["b", "c"]) {
        source.write(text); // in flight when the log goes down
        const goUp = await goDown(store);
        source.write(text.toUpperCase());
        await pause(2 * LEASE);
        await goUp();
        for (const reader of readers) await reader.untilText(text.toUpperCase());
      }
      await pause(LEASE);
      source.write("d");
      source.end();
      for (const reader of readers) {
        expect(await reader.finished()).toEqual(["a", "b", "B", "c", "C", "d", "done"]);
      }
      expect(source.starts).toBe(1);
    });

    it("that is over later for its producer than for its readers fails nobody", async () => {
      const { nodes, store } = await startCluster(subject, 3, { lease: LEASE });
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      source.write("a");
      const readers = await Promise.all(nodes.slice(1).map((node) => node.read("key")));
      for (const reader of readers) await reader.untilText("a");
      const goUp = await goDown(store);
      nodes[0]!.freeze(); // what it asks the log has no answer yet
      await pause(2 * LEASE);
      await goUp();
      await pause(2 * LEASE);
      nodes[0]!.thaw();
      source.write("b");
      source.end();
      for (const reader of readers) expect(await reader.finished()).toEqual(["a", "b", "done"]);
    });

    it("during a start leaves no key without a producer, and starts no source twice", async () => {
      const { nodes, store } = await startCluster(subject, 2, { lease: 15_000 });
      for (let round = 0; round < 6; round++) {
        const key = `key ${round}`;
        const sources = [new TestSource(), new TestSource()];
        const starts = sources.map(({ source }, n) => nodes[n]!.answers.start(key, source));
        await pause(round);
        const goUp = await goDown(store);
        await pause(50);
        await goUp();
        const started = await Promise.all(starts);
        expect(started.filter(Boolean)).toHaveLength(1);
        const winner = sources[started.indexOf(true)]!;
        winner.write("a");
        winner.end();
        for (const node of nodes) expect(await node.readAll(key)).toEqual(["a", "done"]);
        expect(sources.map(({ starts }) => starts)).toEqual(started.map(Number));
      }
    });

    it("during a stop leaves it stopped", async () => {
      const { nodes, store } = await startCluster(subject, 2);
      for (let round = 0; round < 4; round++) {
        const key = `key ${round}`;
        const source = new TestSource();
        await nodes[0]!.answers.start(key, source.source);
        source.write("a");
        const reader = await nodes[1]!.read(key);
        await reader.untilText("a");
        const stopping = nodes[1]!.answers.stop(key);
        await pause(round);
        const goUp = await goDown(store);
        await pause(50);
        await goUp();
        expect(await stopping).toBe("stopped");
        await until("the signal to abort", () => source.signal!.aborted);
        expect(await nodes[0]!.readAll(key)).toEqual(["a", "stopped"]);
      }
    });

    it("breaks off a reader that comes meanwhile, so that it comes back and misses nothing", async () => {
      const { nodes, store } = await startCluster(subject, 2);
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      source.write("a");
      const goUp = await goDown(store);
      const reader = await nodes[1]!.read("key");
      expect(await within("the end of the stream", reader.ended)).toBe(false);
      expect(reader.events).toEqual([]);
      await goUp();
      source.end();
      const again = await nodes[1]!.read("key");
      expect((await again.finished()).slice(-2)).toEqual(["a", "done"]);
    });

    it("that outlasts a start makes it reject, and the key never runs without a source", async () => {
      const { nodes, store } = await startCluster(subject, 2, { lease: 300 });
      const goUp = await goDown(store);
      const source = new TestSource();
      await expect(nodes[0]!.answers.start("key", source.source)).rejects.toMatchObject({
        code: "ERR_SSE_LOG_UNAVAILABLE",
      });
      await goUp();
      // The claim may have been stored, so the node goes on until it has ended the answer.
      const states: string[] = [];
      while (states.at(-1) !== "failed" && states.length < 100) {
        states.push(await nodes[1]!.answers.state("key"));
        await pause(50);
      }
      expect(states.at(-1)).toBe("failed");
      expect(source.starts).toBe(0);
    });
  });
}

/** The tests of a store that can lose its data. */
export function lossContract(subject: AnswersSubject): void {
  describe("P15: a loss of its log", () => {
    it("ends it as failed for all readers, and aborts the source", async () => {
      const { nodes, store } = await startCluster(subject, 2);
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      source.write("a");
      const reader = await nodes[1]!.read("key");
      await reader.untilText("a");
      await store.loseAll!();
      source.write("b");
      expect((await reader.finished()).at(-1)).toBe('failed: {"reason":"lost"}');
      await until("the signal to abort", () => source.signal!.aborted);
      expect(await nodes[1]!.answers.state("key")).toBe("failed");
    });
  });
}
