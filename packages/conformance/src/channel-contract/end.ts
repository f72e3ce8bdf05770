import { describe, expect, it } from "vitest";
import { createGate, within } from "../support/within.js";
import { brief, startChannel, type CreateLog } from "./channel-app.js";

export function endContract(createLog: CreateLog): void {
  describe("end", () => {
    it("sends the last event to every subscriber, whatever its topics, and ends its stream", async () => {
      const app = await startChannel(createLog);
      const clients = [
        await app.read(),
        await app.read({ topics: ["x", "y"] }),
        await app.read({ topics: [] }),
        await app.read({ filter: () => false }),
      ];
      await app.channel.publish("a");
      const end = app.channel.end({ event: "done", data: { total: 1 } });
      await within("end()", end);
      for (const [n, client] of clients.entries()) {
        const events = await client.all();
        expect(brief(events)).toEqual(n === 0 ? ["a", '{"total":1}'] : ['{"total":1}']);
        expect(events.at(-1)).toMatchObject({
          type: "done",
          lastEventId: expect.stringMatching(/-\d+(\.\d+)*~end$/),
        });
        expect(await client.stream.closed).toBe("ended");
      }
      expect(app.channel.size).toBe(0);
    });

    it("is final: a client that connects later gets the events that it lacks, and the end", async () => {
      const app = await startChannel(createLog);
      const id = await app.channel.publish("a");
      await app.channel.publish("b");
      await app.channel.end({ event: "done", data: "bye" });
      const early = await app.read({ from: "start" });
      await early.all();
      const clients = [
        await app.read({ from: "start" }),
        await app.read({}, { lastEventId: id }),
        await app.read(),
        await app.read({ snapshot: () => "state" }),
        await app.read({ snapshot: () => "state" }, { lastEventId: "nonsense" }),
      ];
      const seen = [];
      for (const client of clients) {
        const events = await client.all();
        expect(events.at(-1)).toMatchObject({
          type: "done",
          lastEventId: expect.stringMatching(/-\d+(\.\d+)*~end$/),
        });
        expect(await client.stream.closed).toBe("ended");
        seen.push(brief(events));
      }
      expect(seen).toEqual([
        ["a", "b", "bye"],
        ["b", "bye"],
        ["bye"],
        ["state", "bye"],
        ['{"reason":"unknown-id"}', "state", "bye"],
      ]);
    });

    it("is not sent again to a client that has it", async () => {
      const app = await startChannel(createLog);
      await app.channel.publish("a");
      await app.channel.end({ event: "done", data: "bye" });
      const { lastEventId } = (await (await app.read({ from: "start" })).all()).at(-1)!;
      const page = await app.read({}, { query: `lastEventId=${lastEventId}` });
      expect(await page.all()).toEqual([{ type: "end", data: "", lastEventId }]);
      const headers = { accept: "text/event-stream", "last-event-id": lastEventId };
      const response = await fetch(`${app.url}/0`, { headers });
      expect(response.status).toBe(204);
    });

    it("is sent to a client that has its id, but not the event", async () => {
      const app = await startChannel(createLog);
      await app.channel.publish("a");
      await app.channel.end({ event: "done", data: "bye" });
      // A reset or a snapshot at this id came before the end, and the connection was cut between them.
      const [snapshot] = await (await app.read({ snapshot: () => "state" })).all();
      const client = await app.read({ snapshot: () => "state" }, { lastEventId: snapshot!.lastEventId });
      expect(await client.all()).toMatchObject([{ type: "done", data: "bye" }]);
    });

    it("comes after earlier messages, and after all items of sources that are being published", async () => {
      const app = await startChannel(createLog);
      const client = await app.read();
      const gate = createGate();
      void app.channel.publishAll(async function* () {
        yield "a";
        await gate.opened;
        yield "b";
      });
      void app.channel.publish("c");
      const ending = app.channel.end({ event: "done" });
      setTimeout(gate.open, 20);
      await within("end()", ending);
      expect(brief(await client.all()).toSorted()).toEqual(["a", "b", "c", "done"]);
      expect(client.events.at(-1)!.type).toBe("done");
    });

    it("makes publish, publishAll and another end fail", async () => {
      const app = await startChannel(createLog);
      const client = await app.read();
      const gate = createGate();
      void app.channel.publishAll(async function* () {
        await gate.opened;
        yield "of before";
      });
      const ending = app.channel.end();
      const ended = { code: "ERR_SSE_CHANNEL_ENDED" };
      await expect(app.channel.publish("late")).rejects.toMatchObject(ended);
      await expect(within("publishAll()", app.channel.publishAll(["late"]))).rejects.toMatchObject(ended);
      gate.open();
      await ending;
      await app.channel.end({ event: "other" });
      await expect(app.channel.publish("late")).rejects.toMatchObject(ended);
      await expect(within("publishAll()", app.channel.publishAll(["late"]))).rejects.toMatchObject(ended);
      expect(brief(await client.all())).toEqual(["of before", "end"]);
      expect(app.errors).toHaveLength(4);
    });

    it("can be called again if its message was invalid", async () => {
      const app = await startChannel(createLog);
      const client = await app.read();
      await expect(app.channel.end({ event: "a\nb" })).rejects.toMatchObject({
        code: "ERR_SSE_INVALID_FIELD",
      });
      await app.channel.publish("a");
      await app.channel.end({ event: "done" });
      expect(brief(await client.all())).toEqual(["a", "done"]);
    });

    it("reaches a lagging client after all events that it lacks", async () => {
      const app = await startChannel(createLog);
      const large = Array.from({ length: 40 }, (_, n) => `${n} ${"x".repeat(40_000)}`);
      const client = await app.read();
      for (const text of large) void app.channel.publish(text);
      await app.channel.end({ event: "done" });
      expect(brief(await client.all())).toEqual([...large, "done"]);
      expect(await client.stream.closed).toBe("ended");
    });
  });
}
