import { inspect } from "node:util";
import type { News, Tail } from "@ssekit/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { pause, until, within } from "../support/within.js";
import { expectEntries, Follower, numbers, probe, promised, type LogSubject } from "./log-subject.js";

export function tailContract(subject: LogSubject): void {
  describe("tail", () => {
    it("tells its listener every entry after its cursor, each once, in order", async () => {
      const log = await probe(subject);
      await log.appendAll("before", "before too");
      const follower = await log.follow();
      const ids = await Promise.all(numbers(100).map((text) => log.append(text)));
      await follower.untilTold(ids.at(-1)!);
      const { entries } = expectEntries(await log.read({ after: follower.tail.cursor }));
      expect(follower.ids).toEqual(entries.map(({ id }) => id));
      expect(follower.data.slice(-100)).toEqual(numbers(100));
    });

    it("begins during appends without a gap and without a repeated entry", async () => {
      const log = await probe(subject);
      const appending: Promise<string>[] = [];
      const followers: Follower[] = [];
      for (let i = 0; i < 10; i++) {
        for (let j = 0; j < 10; j++) appending.push(log.append(String(i * 10 + j)));
        followers.push(await log.follow());
      }
      const ids = await Promise.all(appending);
      const last = await log.append("100");
      for (const follower of followers) {
        await follower.untilTold(last);
        const at = ids.indexOf(follower.tail.cursor);
        expect(at >= 0 || follower.told.length === 101).toBe(true);
        expect(follower.data).toEqual(numbers(100 - at, at + 1));
      }
    });

    it("does not call its listener before it has returned or resolved", async () => {
      const log = await probe(subject);
      for (let i = 0; i < 10; i++) {
        const appending = numbers(10).map((text) => log.append(text));
        let answer: Tail | Promise<Tail> | undefined;
        const early: News[] = [];
        answer = log.log.tail((news) => {
          // Only Node's `inspect` can tell synchronously whether a promise is pending.
          if (answer === undefined || inspect(answer).includes("<pending>")) early.push(news);
        });
        appending.push(...numbers(10, 10).map((text) => log.append(text)));
        await within("tail()", Promise.resolve(answer));
        const last = (await Promise.all(appending)).at(-1)!;
        await log.untilReadable(last);
        expect(early).toEqual([]);
      }
    });

    it("does not call a second listener early if another one already follows the log", async () => {
      const log = await probe(subject);
      const inner = new Follower();
      let following: Promise<Tail> | undefined;
      let isAnswered = false;
      const early: News[] = [];
      await promised(() =>
        log.log.tail(() => {
          if (following !== undefined) return;
          const tail = log.log.tail((news) => {
            if (tail instanceof Promise ? inspect(tail).includes("<pending>") : !isAnswered) early.push(news);
            inner.hear(news);
          });
          isAnswered = true;
          following = Promise.resolve(tail);
        }),
      );
      const follower = await log.follow();
      const ids = await Promise.all(numbers(20).map((text) => log.append(text)));
      await follower.untilTold(ids.at(-1)!);
      const { cursor } = await within("tail()", following!);
      const last = await log.append("last");
      await inner.untilTold(last);
      await log.untilReadable(last);
      expect(early).toEqual([]);
      expect(inner.ids).toEqual((await log.entries({ after: cursor })).map(({ id }) => id));
    });

    it("tells all listeners the same entries", async () => {
      const log = await probe(subject);
      const followers = [await log.follow(), await log.follow(), await log.follow()];
      const ids = await Promise.all(numbers(20).map((text) => log.append(text)));
      for (const follower of followers) {
        await follower.untilTold(ids.at(-1)!);
        expect(follower.data).toEqual(numbers(20));
      }
    });

    it("keeps the order for all listeners when one of them appends", async () => {
      const log = await probe(subject);
      const appending: Promise<string>[] = [];
      const echo = await promised(() =>
        log.log.tail((news) => {
          for (const { data } of "entries" in news ? news.entries : [])
            if (data.startsWith("ping")) appending.push(log.append(`pong ${data}`));
        }),
      );
      const follower = await log.follow();
      const ids = await Promise.all(["ping 1", "ping 2"].map((text) => log.append(text)));
      await follower.untilTold(ids.at(-1)!);
      await until("the listener to have answered", () => appending.length === 2);
      const pongs = await Promise.all(appending);
      for (const id of pongs) await follower.untilTold(id);
      const stored = await log.entries("start");
      expect(stored).toHaveLength(4);
      expect(follower.ids).toEqual(stored.map(({ id }) => id));
      echo.stop();
    });

    it("tells nothing after stop, which can be called twice", async () => {
      const log = await probe(subject);
      const [stopped, other] = [await log.follow(), await log.follow()];
      const [id] = await log.appendAll("a");
      await stopped.untilTold(id!);
      stopped.tail.stop();
      const ids = await log.appendAll("b", "c");
      stopped.tail.stop();
      await other.untilTold(ids.at(-1)!);
      await pause(20);
      expect(stopped.data).toEqual(["a"]);
      expect(other.data).toEqual(["a", "b", "c"]);
    });

    it("can be stopped by its listener during a call", async () => {
      const log = await probe(subject);
      const stopped = new Follower();
      let tail: Tail | undefined;
      tail = await promised(() =>
        log.log.tail((news) => {
          stopped.hear(news);
          tail?.stop();
        }),
      );
      const other = await log.follow();
      const ids = await log.appendAll("a", "b");
      await other.untilTold(ids.at(-1)!);
      expect(other.data).toEqual(["a", "b"]);
      expect(stopped.data.length).toBeLessThanOrEqual(2);
      expect(stopped.news).toHaveLength(1);
    });

    it("tells all other listeners when one throws, and the append succeeds", async () => {
      const log = await probe(subject);
      const reported = vi.spyOn(console, "error").mockImplementation(() => {});
      onTestFinished(() => reported.mockRestore());
      const before = await log.follow();
      await promised(() =>
        log.log.tail(() => {
          throw new Error("A listener throws");
        }),
      );
      const after = await log.follow();
      const ids = await log.appendAll("a", "b");
      for (const follower of [before, after]) {
        await follower.untilTold(ids[1]!);
        expect(follower.ids).toEqual(ids);
      }
      expect((await log.entries("start")).map(({ id }) => id)).toEqual(ids);
    });

    it("returns the end entry if the log has ended at its cursor", async () => {
      const log = await probe(subject);
      const early = await log.follow();
      expect(early.tail.end).toBeUndefined();
      const [, end] = await log.appendAll("a", { data: "bye", event: "done", end: true });
      await early.untilTold(end!);
      expect(early.told.at(-1)).toMatchObject({ id: end, end: true, event: "done" });
      const late = await log.follow();
      expect(late.tail.cursor).toBe(end);
      expect(late.tail.end).toMatchObject({ id: end, end: true, event: "done", data: "bye" });
      expect(late.told).toEqual([]);
    });
  });
}
