import type { EventStream } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { StreamReader } from "../clients/stream-reader.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { pause, until, within } from "../support/within.js";

const KB = 1024;
const LIMIT = 256 * KB;
// MESSAGE_BYTES is the size of the encoded event, which is slightly longer than its data.
const MESSAGE = "x".repeat(16 * KB);
const MESSAGE_BYTES = MESSAGE.length + 64;
// More bytes than the buffers of the operating system hold for a client that does not read.
const MUCH = 64 * KB * KB;

/** Sends more bytes than the buffers of the operating system hold. */
function flood(stream: EventStream): void {
  for (let sent = 0; sent < MUCH; sent += KB * KB) stream.send("x".repeat(KB * KB));
}

/** P7: the limits for a client that does not read, and how sources and programs wait for a slow client. */
export function backPressureContract(adapter: Adapter): void {
  describe("P7: a client that does not read", () => {
    it("is disconnected with reason slow if the program keeps sending, at most one message above the limit", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(
        adapter,
        { path: "/", onStream: (opened) => (stream = opened) },
        { maxBufferedBytes: LIMIT },
      );
      await app.request("/", { headers: ACCEPT });
      let most = 0;
      let sent = 0;
      while (stream!.send(MESSAGE)) {
        sent += MESSAGE.length;
        expect(sent).toBeLessThan(MUCH);
        most = Math.max(most, stream!.bufferedBytes);
        if (sent % (8 * MESSAGE.length) === 0) await pause(0);
      }
      expect(most).toBeLessThanOrEqual(LIMIT + MESSAGE_BYTES);
      expect(await within("closed", stream!.closed)).toBe("slow");
      expect(stream!.bufferedBytes).toBe(0);
      expect(stream!.send("late")).toBe(false);
      expect(app.closeReasons).toEqual(["slow"]);
      await until("no stream", () => app.events.streams.size === 0);
    });

    it("may be sent one message of any size, but no burst in one turn that exceeds the limit", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(
        adapter,
        { path: "/", onStream: (opened) => (stream = opened) },
        { maxBufferedBytes: LIMIT },
      );
      const reader = await app.read("/");
      const huge = "y".repeat(4 * LIMIT);
      expect(stream!.send(huge)).toBe(true);
      await reader.untilData(huge);
      let taken = 0;
      while (taken < 1_000 && stream!.send(MESSAGE)) taken++; // in one turn, so no byte can reach the socket
      expect(taken * MESSAGE.length).toBeGreaterThanOrEqual(LIMIT);
      expect(taken * MESSAGE.length).toBeLessThanOrEqual(LIMIT + MESSAGE_BYTES);
      expect(await within("closed", stream!.closed)).toBe("slow");
    });

    it("does not delay other clients", async () => {
      const streams: EventStream[] = [];
      const app = await startApp(
        adapter,
        { path: "/", onStream: (opened) => void streams.push(opened) },
        { maxBufferedBytes: LIMIT },
      );
      await app.request("/", { headers: ACCEPT });
      const reader = await app.read("/");
      let sent = 0;
      for (let open = true; open; sent++) {
        open = streams[0]!.send(MESSAGE);
        expect(streams[1]!.send(`${sent}`)).toBe(true);
        expect(sent * MESSAGE.length).toBeLessThan(MUCH);
        if (sent % 8 === 0) await pause(0);
      }
      await reader.untilData(`${sent - 1}`);
      expect(reader.events).toHaveLength(sent);
    });

    it("is disconnected with reason slow when it reads nothing for stallTimeout", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(
        adapter,
        { path: "/", onStream: (opened) => (stream = opened) },
        { stallTimeout: 200, maxBufferedBytes: 2 * MUCH },
      );
      await app.request("/", { headers: ACCEPT });
      flood(stream!);
      expect(await within("closed", stream!.closed)).toBe("slow");
      expect(app.closeReasons).toEqual(["slow"]);
    });

    it("is disconnected after stallTimeout even if the program has closed the stream", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(
        adapter,
        { path: "/", onStream: (opened) => (stream = opened) },
        { stallTimeout: 200, maxBufferedBytes: 2 * MUCH },
      );
      await app.request("/", { headers: ACCEPT });
      flood(stream!);
      stream!.close();
      expect(await within("closed", stream!.closed)).toBe("closed");
      await until("no stream", () => app.events.streams.size === 0);
      expect(app.closeReasons).toEqual(["closed"]);
    });
  });

  describe("a source that is faster than its client", () => {
    it("waits for the client within the limit, and the client gets every item", async () => {
      let stream: EventStream | undefined;
      let produced = 0;
      let most = 0;
      const count = MUCH / MESSAGE.length / 2;
      async function* source(opened: EventStream): AsyncGenerator<{ id: string; data: string }> {
        stream = opened;
        for (; produced < count; produced++) {
          most = Math.max(most, opened.bufferedBytes);
          yield { id: String(produced), data: MESSAGE };
        }
      }
      const app = await startApp(adapter, { path: "/", source }, { maxBufferedBytes: LIMIT });
      const response = await app.request("/", { headers: ACCEPT });
      for (let before = -1; before !== produced; await pause(100)) before = produced;
      expect(produced).toBeLessThan(count);
      expect(stream!.bufferedBytes).toBeGreaterThan(0);

      const events = await new StreamReader(response).all(10_000);
      expect(events.slice(0, -1).map((event) => event.lastEventId)).toEqual(
        Array.from({ length: count }, (_, n) => `${n}`),
      );
      expect(most).toBeLessThanOrEqual(LIMIT + MESSAGE_BYTES);
      expect(app.closeReasons).toEqual(["ended"]);
    });

    it("stays within the limit even if many sources are sent on one stream at once", async () => {
      let stream: EventStream | undefined;
      let most = 0;
      function* items(): Generator<string> {
        for (let i = 0; i < 200; i++) {
          most = Math.max(most, stream!.bufferedBytes);
          yield MESSAGE;
        }
      }
      const source = async (opened: EventStream): Promise<void> => {
        stream = opened;
        await Promise.all(Array.from({ length: 20 }, () => opened.sendAll(items())));
      };
      const app = await startApp(adapter, { path: "/", source }, { maxBufferedBytes: LIMIT });
      const reader = await app.read("/");
      expect(await reader.allData(25_000)).toHaveLength(20 * 200);
      expect(most).toBeLessThanOrEqual(LIMIT + MESSAGE_BYTES);
    });

    const bounded = <T>(item: T) =>
      function* (): Generator<T> {
        // The deadline keeps a failing test from hanging.
        for (const deadline = performance.now() + 3_000; performance.now() < deadline;) yield item;
      };
    const endless = {
      "a generator": bounded("x"),
      "an async generator": async function* () {
        yield* bounded("x")();
      },
      "a generator of empty comments": bounded({ comment: "" }),
      "an async generator of empty comments": async function* () {
        yield* bounded({ comment: "" })();
      },
    };
    it.each(Object.keys(endless) as (keyof typeof endless)[])(
      "does not block other requests if it is endless: %s",
      async (kind) => {
        const app = await startApp(adapter, [
          { path: "/endless", source: endless[kind] },
          { path: "/other", source: ["one"] },
        ]);
        const client = new AbortController();
        app.request("/endless", { headers: ACCEPT, signal: client.signal }).catch(() => {}); // aborted below
        await until("the endless stream", () => app.events.streams.size === 1);
        expect(await (await app.read("/other")).allData()).toEqual(["one"]);
        expect(app.closeReasons, "the endless one runs on").toEqual(["ended"]);
        expect(app.events.streams.size).toBe(1);
        client.abort();
        await until("no stream", () => app.events.streams.size === 0, 2_000);
      },
    );
  });

  describe("drained()", () => {
    it("resolves when the client has read what was sent, so that a program can send at the client's speed", async () => {
      const most: number[] = [];
      const source = async (stream: EventStream): Promise<void> => {
        for (let i = 0; i < 1000; i++) {
          stream.send(MESSAGE);
          most.push(stream.bufferedBytes);
          if (!(await stream.drained())) return;
        }
      };
      const app = await startApp(adapter, { path: "/", source }, { maxBufferedBytes: LIMIT });
      const reader = await app.read("/");
      expect(await reader.allData(10_000)).toHaveLength(1000);
      expect(app.closeReasons).toEqual(["ended"]);
    });

    it("resolves with false when the stream closes while waiting, or was closed before", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(
        adapter,
        { path: "/", onStream: (opened) => (stream = opened) },
        { maxBufferedBytes: 2 * MUCH },
      );
      const client = new AbortController();
      await app.request("/", { headers: ACCEPT, signal: client.signal });
      flood(stream!);
      const drained = stream!.drained();
      await pause(20);
      client.abort();
      expect(await within("drained()", drained)).toBe(false);
      expect(await within("drained()", stream!.drained())).toBe(false);
    });
  });
}
