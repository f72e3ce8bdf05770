import type { EventStream } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import { startChannel, type CreateLog } from "./channel-app.js";

/** Messages that a program sends itself on subscribed streams, for example in a filter or after publishing. */
export function ownMessagesContract(createLog: CreateLog): void {
  describe("a message that the program sends itself", () => {
    it("during the delivery of an entry follows that entry, on every stream", async () => {
      const app = await startChannel(createLog);
      const before = await app.read();
      const client = await app.read({
        filter: ({ data }) => {
          if (data !== "a") return true;
          for (const { stream } of [before, client, after]) stream.send({ event: "own", data: "own" });
          return true;
        },
      });
      const after = await app.read();
      const clients = [before, client, after];
      void app.channel.publish("a");
      for (const one of clients) await one.until("own");
      await app.channel.publish("b");
      for (const one of clients) expect(await one.dataUntil("b")).toEqual(["a", "own", "b"]);
    });

    it("during the delivery of an entry is sent even to a stream that does not want the entry", async () => {
      const app = await startChannel(createLog);
      const client = await app.read({
        filter: ({ data }) => {
          if (data === "a") client.stream.send("own");
          return data !== "a";
        },
      });
      await app.channel.publish("a");
      await client.until("own");
      await app.channel.publish("b");
      expect(await client.dataUntil("b")).toEqual(["own", "b"]);
    });

    it("during replay follows everything that was published before, and nothing is replayed twice", async () => {
      const app = await startChannel(createLog);
      const witness = await app.read();
      for (const text of ["a", "b", "c"]) await app.channel.publish(text);
      await witness.until("c");
      const asked: string[] = [];
      const streams: EventStream[] = [];
      const filter = ({ data }: { data: string }): boolean => {
        asked.push(data);
        return data === "d" || streams[0]!.send(`own ${data}`);
      };
      const client = await app.read((stream) => {
        streams.push(stream);
        app.channel.subscribe(stream, { from: "start", filter });
      });
      await client.until("own c");
      await app.channel.publish("d");
      expect(await client.dataUntil("d")).toEqual(["a", "b", "c", "own a", "own b", "own c", "d"]);
      expect(asked).toEqual(["a", "b", "c", "d"]);
    });

    it("stays in order with other such messages, even if one waits for published events", async () => {
      const app = await startChannel(createLog);
      const client = await app.read({
        filter: ({ data }) => {
          if (data !== "a") return true;
          client.stream.send("1");
          void app.channel.publish("b");
          client.stream.send("2");
          return true;
        },
      });
      await app.channel.publish("a");
      await client.until("a");
      client.stream.send("3");
      await client.until("b");
      const data = await client.dataUntil("3");
      expect(data.filter((text) => text !== "b")).toEqual(["a", "1", "2", "3"]);
    });

    it("comes after events that were acknowledged before it, and before events published after it", async () => {
      const app = await startChannel(createLog);
      const client = await app.read({ topics: ["t"] });
      for (let n = 0; n < 20; n++) {
        await app.channel.publish({ data: `${n}`, topic: "t" });
        client.stream.send(`own ${n}`);
      }
      const data = await client.dataUntil("own 19");
      for (let n = 0; n < 20; n++) expect(data.indexOf(`own ${n}`)).toBeGreaterThan(data.indexOf(`${n}`));
      expect(data.filter((text) => text.startsWith("own"))).toEqual(
        Array.from({ length: 20 }, (_, n) => `own ${n}`),
      );
      expect(data.filter((text) => !text.startsWith("own"))).toEqual(
        Array.from({ length: 20 }, (_, n) => `${n}`),
      );
    });
  });
}
