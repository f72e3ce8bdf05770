import { describe, expect, it } from "vitest";
import { until } from "../support/within.js";
import { startChannel, type CreateLog } from "./channel-app.js";

export function heartbeatContract(createLog: CreateLog): void {
  describe("a heartbeat", () => {
    it("carries the cursor to subscribers of a quiet topic, so that their last event ID is not evicted", async () => {
      const app = await startChannel(createLog, { history: { events: 2 }, streams: { heartbeat: 60 } });
      const witness = await app.read();
      const client = await app.read({ topics: ["quiet"] });
      for (let i = 0; i < 9; i++) await app.channel.publish({ data: i, topic: "loud" });
      await witness.until("8");
      const last = witness.events.at(-1)!.lastEventId;
      await until("a heartbeat with the cursor", () => client.events.at(-1)?.lastEventId === last);
      for (const event of client.events) expect(event).toMatchObject({ type: "heartbeat", data: "" });
      client.leave();
      const again = await app.read({ topics: ["quiet"] }, { lastEventId: last });
      await app.channel.publish({ data: "at last", topic: "quiet" });
      expect(await again.dataUntil("at last")).toEqual(["at last"]);
    });

    it("is a comment for a subscriber of all events, even if the cursor is past its last event", async () => {
      const app = await startChannel(createLog, { streams: { heartbeat: 40 } });
      const client = await app.read();
      const id = await app.channel.publish("a");
      await client.until("a");
      await app.log.append([{ data: "", control: true }]);
      const before = client.comments.length;
      await until("comments", () => client.comments.length >= before + 3);
      expect(client.events).toEqual([{ type: "message", data: "a", lastEventId: id }]);
    });

    it.each([{ topics: ["t"] }, { filter: () => true }])(
      "does not carry the cursor if only control entries were stored, which no client sees",
      async (use) => {
        const app = await startChannel(createLog, { streams: { heartbeat: 40 } });
        const client = await app.read(use);
        await app.channel.publish({ data: "a", topic: "t" });
        await client.until("a");
        for (let n = 0; n < 3; n++) await app.log.append([{ data: "", control: true }]);
        const before = client.comments.length;
        await until("comments", () => client.comments.length >= before + 4);
        await app.channel.publish({ data: "b", topic: "t" });
        expect((await client.dataUntil("b")).slice(-2)).toEqual(["a", "b"]);
      },
    );

    it("is a comment if the client already has the id of the cursor", async () => {
      const app = await startChannel(createLog, { streams: { heartbeat: 40 } });
      const client = await app.read();
      const id = await app.channel.publish("a");
      await client.until("a");
      const before = client.comments.length;
      await until("comments", () => client.comments.length >= before + 3);
      expect(client.events.at(-1)).toEqual({ type: "message", data: "a", lastEventId: id });
    });
  });
}
