import type { CloseReason } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import { faultyLog } from "../faulty-log.js";
import type { LogOperation } from "../latent-log.js";
import { pause, within } from "../support/within.js";
import { brief, startChannel, type CreateLog } from "./channel-app.js";

const broken = new Error("the log is broken on purpose");

const FAILURES: Record<string, () => unknown> = {
  throws: () => {
    throw broken;
  },
  rejects: () => Promise.reject(broken),
  "rejects later": () => pause(20).then(() => Promise.reject(broken)),
};
const CALLS = [1, 3];

export function badInputContract(createLog: CreateLog): void {
  describe("a message that cannot be published", () => {
    it.each([
      ["a topic that is no string", { data: "x", topic: 5 }, "ERR_SSE_INVALID_FIELD"],
      ["a topic that is null", { data: "x", topic: null }, "ERR_SSE_INVALID_FIELD"],
      ["topics", { data: "x", topics: ["a"] }, "ERR_SSE_INVALID_FIELD"],
      ["a key that is no string", { data: "x", idempotencyKey: 1 }, "ERR_SSE_INVALID_FIELD"],
      ["an id", { data: "x", id: "1" }, "ERR_SSE_INVALID_FIELD"],
      ["an end", { data: "x", end: true }, "ERR_SSE_INVALID_FIELD"],
      ["a type of two lines", { data: "x", event: "a\nb" }, "ERR_SSE_INVALID_FIELD"],
      ["a type that is no string", { data: "x", event: 5 }, "ERR_SSE_INVALID_FIELD"],
      ["a topic that is an empty array", { data: "x", topic: [] }, "ERR_SSE_INVALID_FIELD"],
      ["an event of the channel's own, reset", { data: "x", event: "reset" }, "ERR_SSE_INVALID_FIELD"],
      ["an event of the channel's own, snapshot", { event: "snapshot" }, "ERR_SSE_INVALID_FIELD"],
      ["an event of the channel's own, heartbeat", { event: "heartbeat" }, "ERR_SSE_INVALID_FIELD"],
      ["a control entry", { data: "x", control: true }, "ERR_SSE_INVALID_FIELD"],
      ["data that is a function", { data: () => {} }, "ERR_SSE_INVALID_DATA"],
      ["data that is a promise", { data: Promise.resolve("x") }, "ERR_SSE_INVALID_DATA"],
      ["nothing", undefined, "ERR_SSE_INVALID_FIELD"],
      ["null", null, "ERR_SSE_INVALID_FIELD"],
      ["a number", 5, "ERR_SSE_INVALID_FIELD"],
      ["an array", ["x"], "ERR_SSE_INVALID_FIELD"],
    ])("is refused, told to onError, and harms nobody: %s", async (_what, message, code) => {
      const app = await startChannel(createLog);
      const client = await app.read();
      await app.channel.publish("before");
      await expect(app.channel.publish(message as never)).rejects.toMatchObject({ code });
      await app.channel.publish("after");
      expect(await client.dataUntil("after")).toEqual(["before", "after"]);
      expect(app.errors).toMatchObject([{ code }]);
    });

    it.each([
      ["a key", { idempotencyKey: "k" }],
      ["a topic", { topic: "t" }],
      ["an id", { id: "1" }],
      ["an event of the channel's own", { event: "snapshot" }],
      ["an unknown field", { evnt: "x" }],
      ["a number", 5],
      ["null", null],
      ["an array", ["x"]],
    ])("is refused as an end, and ends nobody: %s", async (_what, message) => {
      const app = await startChannel(createLog);
      const client = await app.read();
      await expect(app.channel.end(message as never)).rejects.toMatchObject({
        code: "ERR_SSE_INVALID_FIELD",
      });
      await app.channel.publish("after");
      expect(await client.dataUntil("after")).toEqual(["after"]);
    });

    it("is refused with a second argument, also one that forEach passes", async () => {
      const app = await startChannel(createLog);
      const client = await app.read();
      ["one", "two"].forEach(app.channel.publish, app.channel);
      await expect(Reflect.apply(app.channel.publish, app.channel, ["tick", {}])).rejects.toMatchObject({
        code: "ERR_SSE_INVALID_FIELD",
      });
      await app.channel.publish("after");
      expect(await client.dataUntil("after")).toEqual(["after"]);
      const message: unknown = expect.stringContaining("publishAll(list)");
      expect(app.errors).toMatchObject([{ message }, { message }, { message }]);
    });

    it("need not be caught, nor must onError be sane", async () => {
      const onError = (): never => {
        throw new Error("onError throws");
      };
      const logged: unknown[] = [];
      const { error } = console;
      console.error = (...args) => void logged.push(...args);
      try {
        const app = await startChannel(createLog, { onError });
        void app.channel.publish({ data: () => {} });
        const other = await startChannel(createLog, { onError: async () => onError() });
        void other.channel.publish({ data: () => {} });
        await pause(10);
      } finally {
        console.error = error;
      }
      expect(logged).toHaveLength(2);
    });
  });

  describe.each(Object.keys(FAILURES))("a log that %s", (how) => {
    const failing =
      (operation: LogOperation, fails: (call: number) => boolean): CreateLog =>
      (history) =>
        faultyLog(createLog(history), (asked, call) =>
          asked === operation && fails(call) ? FAILURES[how] : undefined,
        );

    it.each(CALLS)(
      "in append, at call %i: that event is not published, its publisher is told, others are",
      async (bad) => {
        const app = await startChannel(failing("append", (call) => call === bad));
        const client = await app.read();
        const published = Array.from({ length: 5 }, (_, n) => app.channel.publish(`${n + 1}`));
        const settled = await within("publish()", Promise.allSettled(published));
        expect(settled.map(({ status }) => status === "fulfilled")).toEqual(
          [1, 2, 3, 4, 5].map((n) => n !== bad),
        );
        expect(settled[bad - 1]).toMatchObject({ reason: broken });
        await app.channel.publish("last");
        const acknowledged = ["1", "2", "3", "4", "5"].filter((text) => text !== `${bad}`);
        expect(await client.dataUntil("last")).toEqual([...acknowledged, "last"]);
        expect(app.errors).toEqual([broken]);
      },
    );

    it.each(CALLS)(
      "in append, at call %i: publishAll stops there, and end() can be tried again",
      async (bad) => {
        const app = await startChannel(failing("append", (call) => call === bad || call === bad + 1));
        const client = await app.read();
        await expect(within("publishAll()", app.channel.publishAll(["1", "2", "3", "4"]))).rejects.toBe(
          broken,
        );
        await expect(within("end()", app.channel.end())).rejects.toBe(broken);
        await app.channel.publish("after");
        await within("end()", app.channel.end());
        expect(brief(await client.all())).toEqual([
          ...["1", "2", "3", "4"].slice(0, bad - 1),
          "after",
          "end",
        ]);
      },
    );

    it.each(CALLS)(
      "in read, at call %i: the client that read comes back and has lost nothing",
      async (bad) => {
        let call = 0;
        let armed = false;
        const app = await startChannel(failing("read", () => armed && ++call === bad));
        const witness = await app.read();
        const large = Array.from({ length: 30 }, (_, n) => `${n} ${"x".repeat(60_000)}`); // a read each
        for (const text of large) await app.channel.publish(text);
        await witness.until(large.at(-1)!);
        armed = true;
        const seen: string[] = [];
        const closeReasons: CloseReason[] = [];
        let lastEventId: string | undefined;
        while (seen.at(-1) !== large.at(-1) && closeReasons.length < 2) {
          const client = await app.read({ from: "start" }, { lastEventId });
          await Promise.race([client.ended, client.until(large.at(-1)!).catch(() => {})]);
          client.leave();
          closeReasons.push(await client.stream.closed);
          seen.push(...brief(client.events));
          lastEventId = client.events.at(-1)?.lastEventId;
        }
        expect(seen).toEqual(large);
        expect(closeReasons).toEqual(["error", "client"]);
        expect(app.errors).toEqual([broken]);
        await app.channel.publish("last");
        expect((await witness.dataUntil("last")).length).toBe(31);
      },
    );

    it("in tail, at first: the clients of that moment come back, and the next are served", async () => {
      let broke = true;
      const app = await startChannel(failing("tail", () => broke));
      for (const client of await Promise.all([app.read(), app.read({ from: "start" })])) {
        await client.all();
        expect(await client.stream.closed).toBe("error");
      }
      expect(app.errors).toEqual([broken, broken]);
      expect(app.channel.size).toBe(0);
      broke = false;
      const id = await within("publish()", app.channel.publish("a"));
      const clients = await Promise.all([app.read(), app.read({ from: "start" })]);
      await within("publish()", app.channel.publish("b"));
      expect((await clients[0].dataUntil("b")).at(-1)).toBe("b");
      expect(await clients[1].until("b")).toMatchObject([{ data: "a", lastEventId: id }, { data: "b" }]);
    });

    it("in tail, always: publishing goes on", async () => {
      const app = await startChannel(failing("tail", () => true));
      const client = await app.read();
      await within("publish()", app.channel.publish("a"));
      await client.all();
      await within("publish()", app.channel.publish("b"));
      expect(brief(client.events)).toEqual([]);
    });
  });

  describe("a log that never answers", () => {
    const never = (): Promise<never> => new Promise(() => {});

    it("read: harms only those who read, and they can leave", async () => {
      const app = await startChannel((history) =>
        faultyLog(createLog(history), (asked) => (asked === "read" ? never : undefined)),
      );
      const live = await app.read();
      const waiting = await app.read({ from: "start" });
      await app.channel.publish("a");
      expect(await live.dataUntil("a")).toEqual(["a"]);
      waiting.leave();
      expect(await within("its end", waiting.stream.closed)).toBe("client");
      expect(app.channel.size).toBe(1);
    });
  });
}
