import { encode } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import { code, later, numbers, probe, type LogSubject } from "./log-subject.js";

export function appendContract(subject: LogSubject): void {
  describe("append", () => {
    it("stores every field of a draft, and the encoded event", async () => {
      const log = await probe(subject);
      const draft = {
        event: "tick",
        data: "one\ntwo 🙂 \u2028",
        topics: ["a topic: ü", "another"],
        idempotencyKey: "key",
      };
      const id = await log.append(draft);
      await log.untilReadable(id);
      const [entry] = await log.entries("start");
      expect(entry).toMatchObject({ ...draft, id });
      expect(new TextDecoder().decode(entry!.frame.bytes)).toBe(
        encode({ event: "tick", id, data: draft.data }),
      );
    });

    it("stores a draft without an event type, without text and without topics", async () => {
      const log = await probe(subject);
      const id = await log.append({ data: "" });
      await log.untilReadable(id);
      const [entry] = await log.entries("start");
      expect(entry).toMatchObject({ id, data: "" });
      const { event, topics, end, control, idempotencyKey } = entry!;
      expect([event, topics, end, control, idempotencyKey]).toEqual(Array(5).fill(undefined));
      expect(new TextDecoder().decode(entry!.frame.bytes)).toBe(encode({ id, data: "" }));
    });

    it("stores a control entry like any other, so that it is read and told", async () => {
      const log = await probe(subject);
      const follower = await log.follow();
      const ids = await log.appendAll("a", { data: "a claim", event: "claim", control: true }, "b");
      await follower.untilTold(ids[2]!);
      expect(follower.ids).toEqual(ids);
      expect(follower.told.map(({ control }) => control)).toEqual([undefined, true, undefined]);
      const entries = await log.entries("start");
      expect(entries[1]).toMatchObject({ id: ids[1], data: "a claim", event: "claim", control: true });
      expect(entries.map(({ id }) => id)).toEqual(ids);
    });

    it("stores the drafts of one caller in the order of the calls", async () => {
      const log = await probe(subject);
      const data = numbers(200);
      const ids = await Promise.all(data.map((text) => log.append(text)));
      await log.untilReadable(ids.at(-1)!);
      const entries = await log.entries("start");
      expect(entries.map((entry) => entry.data)).toEqual(data);
      expect(entries.map((entry) => entry.id)).toEqual(ids);
    });

    it("stores drafts while the log is read and followed", async () => {
      const log = await probe(subject);
      const appended = numbers(50).map((text) => log.append(text));
      const follower = await log.follow();
      appended.push(...numbers(50, 50).map((text) => log.append(text)));
      const reads = await Promise.all(Array.from({ length: 20 }, () => log.data("start")));
      const ids = await Promise.all(appended);
      await log.untilReadable(ids.at(-1)!);
      for (const read of reads) expect(read).toEqual(numbers(read.length));
      expect(await log.data("start")).toEqual(numbers(100));
      await follower.untilTold(ids.at(-1)!);
      expect(follower.data).toEqual(numbers(100).slice(ids.indexOf(follower.tail.cursor) + 1));
    });

    it("stores nothing after the end", async () => {
      const log = await probe(subject);
      const appended = ["a", { data: "bye", event: "done", end: true as const }, "late"].map((draft) =>
        log.append(draft),
      );
      const [first, end, late] = await Promise.allSettled(appended);
      expect([first!.status, end!.status]).toEqual(["fulfilled", "fulfilled"]);
      expect(late).toMatchObject({ status: "rejected", reason: { code: "ERR_SSE_CHANNEL_ENDED" } });
      for (const draft of [
        "later",
        { data: "x", end: true as const },
        { data: "x", control: true as const },
      ]) {
        await expect(log.append(draft)).rejects.toMatchObject(code("ERR_SSE_CHANNEL_ENDED"));
      }
      const { value: id } = end as PromiseFulfilledResult<string>;
      await log.untilReadable(id);
      const entries = await log.entries("start");
      expect(entries.map((entry) => [entry.data, entry.end])).toEqual([
        ["a", undefined],
        ["bye", true],
      ]);
      expect(new TextDecoder().decode(entries[1]!.frame.bytes)).toContain(`id: ${id}~end\n`);
      expect(await log.read({ after: later(id, 1) })).toMatchObject({ reset: "unknown-id" });
    });

    it(`returns ${subject.synchronous ? "values" : "promises"}, and so do read, tail and peek`, async () => {
      const { log } = await probe(subject);
      const max = { events: 1, bytes: 1 };
      const answers: unknown[] = [
        log.append([{ data: "a" }]),
        log.read("start", max),
        log.tail(() => {}),
        log.peek(),
      ];
      for (const answer of answers) expect(answer instanceof Promise).toBe(!subject.synchronous);
      await Promise.all(answers);
    });
  });
}
