import { describe, expect, it } from "vitest";
import { until } from "../support/within.js";
import { brief, startCluster, textOf, TestSource, type AnswersSubject } from "./answers-cluster.js";

export function readingContract(subject: AnswersSubject): void {
  describe("P15: its readers", () => {
    it("get everything from the start, exactly once, on every node and whenever they come", async () => {
      const { nodes } = await startCluster(subject, 3);
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      const early = await Promise.all(nodes.map((node) => node.read("key")));
      const words = Array.from({ length: 300 }, (_, n) => `${n} `);
      const late = [];
      for (const [n, word] of words.entries()) {
        source.write(word);
        if (n % 50 === 0) {
          await early[n % 3]!.untilText(word);
          late.push(await nodes[(n / 50) % 3]!.read("key"));
        }
      }
      source.end();
      for (const reader of [...early, ...late]) {
        await reader.finished();
        expect(textOf(reader.events)).toBe(words.join(""));
        expect(brief(reader.events.slice(-1))).toEqual(["done"]);
      }
      expect(await nodes[2]!.readAll("key")).toEqual([...words, "done"]);
      expect(source.starts).toBe(1);
    });

    it("continue after their last event ID on another node", async () => {
      const { nodes } = await startCluster(subject, 2);
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      source.write("a", "b");
      const reader = await nodes[1]!.read("key");
      await reader.untilText("ab");
      reader.leave();
      source.write("c");
      const [first] = reader.events;
      const resumed = await nodes[0]!.read("key", first!.lastEventId);
      await resumed.untilText("bc");
      source.end();
      expect(await resumed.finished()).toEqual(["b", "c", "done"]);
    });

    it("are not asked back after the end: 204", async () => {
      const { nodes } = await startCluster(subject, 2);
      await nodes[0]!.answers.start("key", ["a"]);
      const reader = await nodes[0]!.read("key");
      await reader.all();
      const { lastEventId } = reader.events.at(-1)!;
      for (const node of nodes) {
        const headers = { accept: "text/event-stream", "last-event-id": lastEventId };
        expect((await fetch(`${node.url}/key`, { headers })).status).toBe(204);
        // A page that has stored the id is told that the answer is over, and not that nothing has happened.
        const again = await node.read("key", undefined, `lastEventId=${encodeURIComponent(lastEventId)}`);
        expect((await again.all()).map(({ lastEventId }) => lastEventId)).toEqual([lastEventId]);
      }
    });

    it("with an id of another answer get a reset and then everything", async () => {
      const { nodes } = await startCluster(subject, 2);
      await nodes[0]!.answers.start("one", ["a", "b"]);
      await nodes[0]!.answers.start("two", ["c", "d"]);
      const reader = await nodes[1]!.read("one");
      const [first] = await reader.all();
      const [reset, ...rest] = (await (await nodes[1]!.read("two", first!.lastEventId)).all()).map(
        ({ type, data }) => (type === "message" ? data : type),
      );
      expect([reset, ...rest]).toEqual(["reset", "c", "d", "done"]);
    });

    it("of a key that is unknown get a final event", async () => {
      const { nodes } = await startCluster(subject, 1);
      for (const id of [undefined, "x", "abc-5"]) {
        const reader = await nodes[0]!.read("key", id);
        expect(brief(await reader.all())).toEqual(["unknown"]);
        const headers = { accept: "text/event-stream", "last-event-id": reader.events[0]!.lastEventId };
        expect((await fetch(`${nodes[0]!.url}/key`, { headers })).status).toBe(204);
      }
    });

    it("do not stop it by leaving, not even the last one", async () => {
      const { nodes } = await startCluster(subject, 2);
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      source.write("a");
      const reader = await nodes[1]!.read("key");
      await reader.untilText("a");
      reader.leave();
      await until("the stream to close", () => nodes[1]!.events.streams.size === 0);
      expect(source.signal!.aborted).toBe(false);
      source.write("b");
      source.end();
      expect(await nodes[1]!.readAll("key")).toEqual(["a", "b", "done"]);
    });

    it("get every type and every text unchanged", async () => {
      const { nodes } = await startCluster(subject, 2);
      const items = [
        { event: "delta", data: "one\\ntwo\\n" },
        { data: { text: "ü🙂" }, id: "7", retry: 5 },
        { event: "usage", data: null },
        "",
        { event: "empty" },
      ];
      await nodes[0]!.answers.start("key", items);
      const reader = await nodes[1]!.read("key");
      expect((await reader.all()).map(({ type, data }) => [type, data])).toEqual([
        ["delta", "one\\ntwo\\n"],
        ["message", '{"text":"ü🙂"}'],
        ["usage", "null"],
        ["message", ""],
        ["empty", ""],
        ["done", ""],
      ]);
    });
  });
}
