import { describe, expect, it } from "vitest";
import { until, within } from "../support/within.js";
import { brief, startCluster, TestSource, type AnswersSubject } from "./answers-cluster.js";

async function* failing(error: unknown): AsyncGenerator<string> {
  yield "a";
  throw error;
}

export function endsContract(subject: AnswersSubject): void {
  describe("P14: its end", () => {
    it("is `failed` if the source fails, and tells nothing of the error itself", async () => {
      const { nodes } = await startCluster(subject, 2);
      const error = new Error("secret");
      await nodes[0]!.answers.start("key", () => failing(error));
      for (const node of nodes) {
        expect(await node.readAll("key")).toEqual(["a", 'failed: {"reason":"error"}']);
        expect(await node.answers.state("key")).toBe("failed");
      }
      expect(nodes[0]!.errors).toEqual([{ error, context: { key: "key", stage: "source" } }]);
      expect(nodes[1]!.errors).toEqual([]);
    });

    it("says what describeError returns", async () => {
      const describeError = (error: unknown): { data: unknown } => ({
        data: { said: (error as Error).message },
      });
      const { nodes } = await startCluster(subject, 1, { describeError });
      await nodes[0]!.answers.start("key", () => Promise.reject(new Error("Too many words")));
      expect(await nodes[0]!.readAll("key")).toEqual(['failed: {"said":"Too many words"}']);
    });

    it("has the data that endData returns, also for an unknown key", async () => {
      const errors: unknown[] = [];
      const { nodes } = await startCluster(subject, 2, {
        endData: (state, error) => {
          if (error !== undefined) errors.push(error);
          return state === "done" ? "[DONE]" : { type: state };
        },
      });
      const { answers } = nodes[0]!;
      const error = new Error("x");
      await answers.start("done", ["a"]);
      await answers.start("failed", () => failing(error));
      await answers.start("stopped", new TestSource().source);
      await nodes[1]!.answers.stop("stopped");
      expect(await nodes[1]!.readAll("done")).toEqual(["a", "done: [DONE]"]);
      expect(await nodes[1]!.readAll("failed")).toEqual(["a", 'failed: {"type":"failed"}']);
      expect(await nodes[1]!.readAll("stopped")).toEqual(['stopped: {"type":"stopped"}']);
      expect(await nodes[1]!.readAll("unknown")).toEqual(['unknown: {"type":"unknown"}']);
      expect(errors).toEqual([error]);
    });

    it("comes even if the hooks that describe it fail", async () => {
      const thrown = new Error("from the hook");
      const { nodes } = await startCluster(subject, 1, {
        endData: () => {
          throw thrown;
        },
      });
      await nodes[0]!.answers.start("key", ["a"]);
      expect(await nodes[0]!.readAll("key")).toEqual(["a", "done"]);
      expect(await nodes[0]!.readAll("another")).toEqual(["unknown"]);
      expect(nodes[0]!.errors.map(({ error, context }) => [error, context.stage])).toEqual([
        [thrown, "hook"],
        [thrown, "hook"],
      ]);
    });

    it("is `failed` if an item is no event, or has the type of an end", async () => {
      const { nodes } = await startCluster(subject, 1);
      const { answers, errors } = nodes[0]!;
      const items = [5, { event: "done" }, { event: "failed" }, { event: "reset" }, { data: new Map() }];
      for (const [n, item] of items.entries()) {
        await answers.start(`key ${n}`, ["a", item as unknown as string]);
        expect(await nodes[0]!.readAll(`key ${n}`)).toEqual(["a", 'failed: {"reason":"error"}']);
      }
      expect(errors.map(({ context }) => context.stage)).toEqual(items.map(() => "source"));
    });

    it("is `failed` when the answer reaches maxBytes, and the source ends", async () => {
      const { nodes } = await startCluster(subject, 2, { maxBytes: 5_000 });
      const source = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      source.write("a".repeat(1_000));
      const reader = await nodes[1]!.read("key");
      await reader.untilText("a");
      source.write("b".repeat(5_000));
      expect(await reader.finished()).toEqual(["a".repeat(1_000), 'failed: {"reason":"full"}']);
      await until("the signal to abort", () => source.signal!.aborted);
      await until("the source to be returned", () => source.returned);
      expect(nodes[0]!.errors).toMatchObject([{ error: { code: "ERR_SSE_LOG_FULL" } }]);
    });

    it("is `failed` when its node is closed, and other nodes go on", async () => {
      const { nodes } = await startCluster(subject, 2);
      const source = new TestSource();
      const other = new TestSource();
      await nodes[0]!.answers.start("key", source.source);
      await nodes[1]!.answers.start("other", other.source);
      source.write("a");
      other.write("b");
      const reader = await nodes[1]!.read("key");
      const reading = await nodes[1]!.read("other");
      await reader.untilText("a");
      await within("close()", nodes[0]!.answers.close());
      expect(source.signal!.aborted).toBe(true);
      expect(await reader.finished()).toEqual(["a", 'failed: {"reason":"closed"}']);
      const { answers } = nodes[0]!;
      const closed = { code: "ERR_SSE_CHANNEL_CLOSED" };
      await expect(answers.start("another", ["a"])).rejects.toMatchObject(closed);
      await expect(answers.stop("other")).rejects.toMatchObject(closed);
      await expect(answers.state("other")).rejects.toMatchObject(closed);
      other.end();
      expect(await reading.finished()).toEqual(["b", "done"]);
    });

    it("comes after sources of every kind", async () => {
      const { nodes } = await startCluster(subject, 2);
      const stream = (): ReadableStream<string> =>
        new ReadableStream({
          start(controller) {
            controller.enqueue("a");
            controller.enqueue("b");
            controller.close();
          },
        });
      async function* generate(): AsyncGenerator<string> {
        yield* ["a", "b"];
      }
      const sources = {
        array: ["a", "b"],
        set: new Set(["a", "b"]),
        stream: stream(),
        generator: generate(),
        generate,
        function: () => ["a", "b"],
        "function of a stream": stream,
        "promise of an array": async () => ["a", "b"],
        "promise of a stream": async () => stream(),
      };
      for (const [key, source] of Object.entries(sources)) {
        expect(await nodes[0]!.answers.start(key, source)).toBe(true);
        expect(await nodes[1]!.readAll(key), key).toEqual(["a", "b", "done"]);
      }
      await nodes[0]!.answers.start("nothing", []);
      expect(brief(await (await nodes[1]!.read("nothing")).all())).toEqual(["done"]);
    });
  });
}
