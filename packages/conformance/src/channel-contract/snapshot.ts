import { describe, expect, it, vi } from "vitest";
import { pause, until } from "../support/within.js";
import { brief, startChannel, type ChannelApp, type CreateLog } from "./channel-app.js";

/** Publishes numbers. The state is the last number, and is set before publishing, as the documentation requires. */
function counter(app: () => ChannelApp): { state: number; publish(n: number): Promise<string> } {
  return {
    state: 0,
    publish(n) {
      this.state = n;
      return app().channel.publish({ data: n });
    },
  };
}

export function snapshotContract(createLog: CreateLog): void {
  describe("a snapshot", () => {
    it("is sent first, followed by the events that are published after it", async () => {
      const app = await startChannel(createLog);
      const count = counter(() => app);
      const witness = await app.read();
      await count.publish(1);
      await witness.until("1");
      const client = await app.read({ snapshot: () => ({ state: count.state }) });
      await count.publish(2);
      const events = await client.until("2");
      expect(events.map(({ type, data }) => [type, data])).toEqual([
        ["snapshot", '{"state":1}'],
        ["message", "2"],
      ]);
      const again = await app.read({}, { lastEventId: events[0]!.lastEventId });
      expect(await again.dataUntil("2")).toEqual(["2"]);
    });

    it("contains every event that is not sent after it, even while events are published", async () => {
      const app = await startChannel(createLog);
      const count = counter(() => app);
      const clients = [];
      for (let n = 1; n <= 200; n++) {
        void count.publish(n);
        if (n % 20 === 0) clients.push(await app.read({ snapshot: () => count.state }));
        if (n % 7 === 0) await pause(1);
      }
      await count.publish(201);
      for (const client of clients) {
        const [state, ...rest] = (await client.until("201")).map(({ data }) => Number(data));
        // Events that this node had not received when the state was read may be in the state and follow it, too.
        expect(rest[0]!).toBeLessThanOrEqual(state! + 1);
        expect(rest).toEqual(Array.from({ length: 202 - rest[0]! }, (_, i) => rest[0]! + i));
      }
    });

    it("may be a slow promise: events that are published meanwhile follow it", async () => {
      const app = await startChannel(createLog);
      const client = await app.read({
        snapshot: async () => {
          await app.channel.publish("meanwhile");
          await pause(60);
          return "state";
        },
      });
      await client.until("meanwhile");
      await app.channel.publish("last");
      expect(await client.dataUntil("last")).toEqual(["state", "meanwhile", "last"]);
    });

    it("follows a reset, and events that it contains are not sent again", async () => {
      const app = await startChannel(createLog);
      const count = counter(() => app);
      const witness = await app.read();
      for (let n = 1; n <= 5; n++) await count.publish(n);
      await witness.until("5");
      const client = await app.read({ snapshot: () => count.state }, { lastEventId: "nonsense" });
      await client.until("snapshot").catch(() => {});
      await count.publish(6);
      const events = await client.until("6");
      expect(brief(events)).toEqual(['{"reason":"unknown-id"}', "5", "6"]);
      expect(events[1]).toMatchObject({ type: "snapshot", lastEventId: events[0]!.lastEventId });
    });

    it("is taken before onReset is called, because onReset may publish", async () => {
      const order: string[] = [];
      const app = await startChannel(createLog, {
        onReset: () => {
          order.push("onReset");
          void app.channel.publish("from onReset");
        },
      });
      const snapshot = (): string => {
        order.push("snapshot");
        return "state";
      };
      const client = await app.read({ snapshot }, { lastEventId: "nonsense" });
      expect(await client.dataUntil("from onReset")).toEqual([
        '{"reason":"unknown-id"}',
        "state",
        "from onReset",
      ]);
      expect(order).toEqual(["snapshot", "onReset"]);
    });

    it("is not taken while earlier bytes wait for the client", async () => {
      const app = await startChannel(createLog, { history: { events: 5 } });
      const snapshot = vi.fn(() => "state");
      const witness = await app.read();
      const { client, stream } = await app.connect({ snapshot });
      await client.until("state");
      client.socket.pause();
      // Publishes until the buffers of the operating system are full. Events that are evicted before the subscriber has
      // read them do not fill the buffers.
      for (let rounds = 0; stream.bufferedBytes === 0 && rounds < 300; rounds++) {
        for (let n = 0; n < 10; n++) void app.channel.publish(`${n} ${"x".repeat(60_000)}`);
        await pause(20);
      }
      await app.channel.publish("full");
      await witness.until("full");
      expect(stream.bufferedBytes).toBeGreaterThan(0);
      const made = snapshot.mock.calls.length;
      // More bytes than the window of an asynchronous log keeps.
      for (let n = 0; n < 50; n++) void app.channel.publish(`${n} ${"x".repeat(60_000)}`);
      await app.channel.publish("last");
      await witness.until("last");
      expect(snapshot).toHaveBeenCalledTimes(made);
      client.socket.resume();
      await until("what it lacks", () => snapshot.mock.calls.length > made);
      await app.channel.publish("live again");
      await client.until("live again");
      expect(client.text.match(/event: snapshot/g)).toHaveLength(snapshot.mock.calls.length);
    });

    it("is not taken if the client continues after an id", async () => {
      const app = await startChannel(createLog);
      const snapshot = vi.fn(() => "state");
      const id = await app.channel.publish("a");
      const clients = [
        await app.read({ snapshot, from: "start" }),
        await app.read({ snapshot, from: { after: id } }),
        await app.read({ snapshot }, { lastEventId: id }),
      ];
      await app.channel.publish("last");
      for (const client of clients) expect((await client.dataUntil("last")).at(-1)).toBe("last");
      expect(snapshot).not.toHaveBeenCalled();
    });

    it("is not sent if the function returns undefined", async () => {
      const app = await startChannel(createLog);
      const clients = [
        await app.read({ snapshot: () => undefined }),
        await app.read({ snapshot: async () => {} }),
      ];
      await app.channel.publish("last");
      for (const client of clients) expect(await client.dataUntil("last")).toEqual(["last"]);
    });

    it("that fails closes its own stream only (P13)", async () => {
      const app = await startChannel(createLog);
      const mine = new Error("mine");
      const good = await app.read({ snapshot: () => "state" });
      const fail = (): never => {
        throw mine;
      };
      const bad = await Promise.all(
        [fail, async () => fail(), () => new Map(), () => 1n].map((snapshot) => app.read({ snapshot })),
      );
      for (const client of bad) {
        await client.all();
        expect(client.events).toEqual([]);
        expect(await client.stream.closed).toBe("error");
      }
      expect(app.errors).toHaveLength(4);
      await app.channel.publish("last");
      expect(await good.dataUntil("last")).toEqual(["state", "last"]);
    });

    it("is dropped if the client has left meanwhile", async () => {
      const app = await startChannel(createLog);
      let begun = false;
      let done = false;
      const client = await app.read({
        snapshot: async () => {
          begun = true;
          await pause(80);
          done = true;
          return "late";
        },
      });
      await until("it to begin", () => begun);
      client.leave();
      await until("it to be gone", () => app.channel.size === 0);
      await until("the snapshot", () => done);
      expect(app.errors).toEqual([]);
    });
  });
}
