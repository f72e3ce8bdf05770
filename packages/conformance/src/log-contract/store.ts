import type { History, LogStore } from "@ssekit/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { pause, within } from "../support/within.js";
import { code, expectReset, LogProbe, numbers } from "./log-subject.js";

/** A store of logs under test. */
export interface LogStoreSubject {
  /** Makes an empty store. The contract closes it. */
  create(history?: History): LogStore | Promise<LogStore>;
}

const CLOSED = code("ERR_SSE_CHANNEL_CLOSED");

export function storeContract(subject: LogStoreSubject): void {
  const create = async (history?: History): Promise<LogStore> => {
    const store = await subject.create(history);
    onTestFinished(() => within("close() of the store", store.close()));
    return store;
  };
  const open = (store: LogStore, key: string, history?: History): LogProbe =>
    new LogProbe(store.open(key, history));

  describe("a store", () => {
    it("opens a log by its key without waiting", async () => {
      const store = await create();
      const log = open(store, "key");
      expect(log.log).not.toBeInstanceOf(Promise);
      const id = await log.append("a");
      await log.untilReadable(id);
      expect(await log.data("start")).toEqual(["a"]);
      expect(store.status).toBe("ready");
    });

    it("opens the same log for the same key and different logs for different keys, whatever the keys", async () => {
      const store = await create();
      const keys = [
        "a",
        "A",
        "a ",
        "",
        "a:b",
        "a.b",
        "a/../b",
        "*",
        ">",
        "{a}",
        "__proto__",
        "ü🙂",
        "~nodes",
      ];
      keys.push("\0\r\n", "k".repeat(1_000), `${"k".repeat(1_000)}2`);
      for (const key of keys) await open(store, key).append(`of ${key}`);
      for (const key of keys) {
        const log = open(store, key);
        await log.untilReadable((await log.peek()).cursor);
        expect(await log.data("start"), key).toEqual([`of ${key}`]);
      }
    });

    it("tells the listeners of every open handle of a log", async () => {
      const store = await create();
      const logs = [open(store, "key"), open(store, "key")];
      const other = open(store, "another");
      const followers = [await logs[0]!.follow(), await logs[1]!.follow()];
      const stranger = await other.follow();
      const ids = [await logs[0]!.append("a"), await logs[1]!.append("b")];
      for (const follower of followers) {
        await follower.untilTold(ids[1]!);
        expect(follower.ids).toEqual(ids);
      }
      await stranger.untilTold(await other.append("c"));
      expect(stranger.data).toEqual(["c"]);
    });

    it("closes one handle of a log without closing the others", async () => {
      const store = await create();
      const [closed, other] = [open(store, "key"), open(store, "key")];
      const followers = [await closed.follow(), await other.follow()];
      await closed.log.close();
      await closed.log.close();
      expect([closed.log.status, other.log.status, store.status]).toEqual(["closed", "ready", "ready"]);
      for (const call of [() => closed.append("x"), () => closed.follow(), () => closed.peek()]) {
        await expect(call()).rejects.toMatchObject(CLOSED);
      }
      const id = await other.append("a");
      await followers[1]!.untilTold(id);
      await pause(20);
      expect(followers[0]!.news).toEqual([]);
    });

    it.each([
      {
        how: "stopped",
        end: (probe: LogProbe) => void probe.follow().then((follower) => follower.tail.stop()),
      },
      {
        how: "closed",
        end: (probe: LogProbe) => {
          void probe.follow().catch(() => {});
          void probe.log.close();
        },
      },
    ])("follows a log whose other handle is $how while it begins to follow, too", async ({ end }) => {
      const store = await create();
      const [ended, other] = [open(store, "key"), open(store, "key")];
      end(ended);
      const follower = await other.follow();
      await follower.untilTold(await other.append("a"));
      expect(follower.data).toEqual(["a"]);
    });

    it("deletes nothing when a log is closed", async () => {
      const store = await create();
      const first = open(store, "key");
      const ids = await first.appendAll("a", "b");
      await first.log.close();
      await pause(20);
      const second = open(store, "key");
      await second.untilReadable(ids[1]!);
      expect((await second.entries("start")).map(({ id }) => id)).toEqual(ids);
      await expect(second.append("x", { after: "start" })).rejects.toMatchObject(code("ERR_SSE_CONFLICT"));
      expect(await second.entries({ after: ids[0]! })).toMatchObject([{ data: "b" }]);
    });

    it("uses its own history for a log that is opened without one", async () => {
      const store = await create({ events: 2 });
      const [log, other] = [open(store, "key"), open(store, "another", { events: 4 })];
      for (const each of [log, other]) {
        const ids = await each.batch(numbers(6));
        await each.untilReadable(ids.at(-1)!);
      }
      expect(await log.data("oldest")).toEqual(numbers(2, 4));
      expect(await other.data("oldest")).toEqual(numbers(4, 2));
      expect(expectReset(await log.read("start")).reset).toBe("evicted");
    });

    it("keeps a complete history for a log that is opened with one", async () => {
      const store = await create({ events: 2 });
      const log = open(store, "key", { complete: true, keep: 60_000, maxBytes: 1_000 });
      const ids = await log.batch(numbers(6));
      await log.untilReadable(ids.at(-1)!);
      expect(await log.data("start")).toEqual(numbers(6));
      await expect(log.append("x".repeat(2_000))).rejects.toMatchObject(code("ERR_SSE_LOG_FULL"));
    });

    it("closes all its logs when it is closed", async () => {
      const store = await create();
      const logs = [open(store, "a"), open(store, "a"), open(store, "b")];
      const follower = await logs[0]!.follow();
      await within("close()", Promise.all([store.close(), store.close()]));
      await within("close()", store.close());
      expect([store.status, ...logs.map(({ log }) => log.status)]).toEqual(Array(4).fill("closed"));
      for (const log of logs) await expect(log.append("x")).rejects.toMatchObject(CLOSED);
      expect(() => store.open("a")).toThrow(expect.objectContaining(CLOSED) as Error);
      expect(follower.news).toEqual([]);
    });
  });
}
