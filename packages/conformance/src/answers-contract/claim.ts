import { describe, expect, it } from "vitest";
import { pause, until } from "../support/within.js";
import { startCluster, TestSource, type AnswersSubject } from "./answers-cluster.js";

export function claimContract(subject: AnswersSubject): void {
  describe("P15: its claim", () => {
    it("is given to one of many calls on many nodes at once, and one source is started", async () => {
      const { nodes } = await startCluster(subject, 3);
      const source = new TestSource();
      const calls = nodes.flatMap(({ answers }) => [0, 1, 2].map(() => answers.start("key", source.source)));
      const started = await Promise.all(calls);
      expect(started.filter(Boolean)).toHaveLength(1);
      source.write("a");
      source.end();
      for (const node of nodes) expect(await node.readAll("key")).toEqual(["a", "done"]);
      expect(source.starts).toBe(1);
    });

    it("is not given again when the answer is over, on whatever node", async () => {
      const { nodes } = await startCluster(subject, 2);
      expect(await nodes[0]!.answers.start("key", ["a"])).toBe(true);
      expect(await nodes[1]!.readAll("key")).toEqual(["a", "done"]);
      for (const { answers } of nodes) {
        expect(await answers.start("key", ["b"])).toBe(false);
        expect(await answers.state("key")).toBe("done");
      }
      expect(await nodes[0]!.readAll("key")).toEqual(["a", "done"]);
    });

    it("that is refused returns a source that was passed as a value, and does not call a function", async () => {
      const { nodes } = await startCluster(subject, 1);
      const { answers } = nodes[0]!;
      await answers.start("key", ["a"]);
      let returned = false;
      let called = false;
      const generate = async function* (): AsyncGenerator<string> {
        try {
          yield "b";
          yield "c";
        } finally {
          returned = true;
        }
      };
      const items = generate();
      await items.next();
      expect(await answers.start("key", items)).toBe(false);
      expect(await answers.start("key", () => ((called = true), ["d"]))).toBe(false);
      await until("the source to be returned", () => returned);
      expect(called).toBe(false);
    });

    it("is not made by reading, stopping or asking for the state", async () => {
      const { nodes } = await startCluster(subject, 2);
      const { answers } = nodes[0]!;
      expect(await nodes[0]!.readAll("key")).toEqual(["unknown"]);
      expect(await answers.stop("key")).toBe("unknown");
      expect(await answers.state("key")).toBe("unknown");
      await pause(20);
      expect(await nodes[1]!.answers.state("key")).toBe("unknown");
      expect(await nodes[1]!.answers.start("key", ["a"])).toBe(true);
    });

    it("holds for one key only, whatever the keys", async () => {
      const { nodes } = await startCluster(subject, 2);
      const keys = [
        "a",
        "A",
        "",
        "~nodes",
        "answer:a",
        "__proto__",
        "constructor",
        "a b/../c*>",
        "ü🙂\0\r\n",
      ];
      keys.push("k".repeat(1_000), `${"k".repeat(1_000)}2`);
      const textFor = (key: string): string => `of ${JSON.stringify(key)}`;
      for (const key of keys) expect(await nodes[0]!.answers.start(key, [textFor(key)])).toBe(true);
      for (const key of keys) {
        expect(await nodes[1]!.readAll(key)).toEqual([textFor(key), "done"]);
        expect(await nodes[1]!.answers.start(key, ["b"])).toBe(false);
      }
    });

    it("is refused for a key that is not a string and for a source that is none", async () => {
      const { nodes } = await startCluster(subject, 1);
      const { answers } = nodes[0]!;
      for (const key of [undefined, null, 5, {}] as never[]) {
        const refused = { code: "ERR_SSE_INVALID_OPTION" };
        await expect(answers.start(key, ["a"])).rejects.toMatchObject(refused);
        await expect(answers.stop(key)).rejects.toMatchObject(refused);
        await expect(answers.state(key)).rejects.toMatchObject(refused);
      }
      for (const source of [undefined, "text", 5, Promise.resolve(["a"])] as never[]) {
        await expect(answers.start("key", source)).rejects.toMatchObject({ code: "ERR_SSE_INVALID_SOURCE" });
      }
      expect(await answers.state("key")).toBe("unknown");
    });
  });
}
