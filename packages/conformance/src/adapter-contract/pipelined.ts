import type { EventStream } from "@ssekit/core";
import { expect, it } from "vitest";
import type { Adapter, Route } from "../adapter.js";
import { RawClient } from "../clients/raw-client.js";
import { describeIf } from "../support/applies-if.js";
import { startApp, type TestApp } from "../support/start-app.js";
import { createGate, until, within } from "../support/within.js";

const REQUESTS = 20;
const GET = "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
const GET_SLOW = GET.replace("/", "/slow");

/** HTTP pipelining: requests that a client sends on one connection without waiting for the responses. */
export function pipelinedContract(adapter: Adapter): void {
  describeIf(adapter.http === 1)("pipelined requests on one connection:", () => {
    const streams: EventStream[] = [];
    let entered = 0;

    async function start(maxStreams: number): Promise<{ app: TestApp; gate: { open(): void } }> {
      const gate = createGate();
      streams.length = entered = 0;
      const onStream = (stream: EventStream): void => void streams.push(stream);
      const routes: Route[] = [
        { path: "/", onStream, before: async () => void entered++ },
        { path: "/slow", onStream, before: () => (entered++, gate.opened) },
      ];
      return { app: await startApp(adapter, routes, { maxStreams }), gate };
    }

    it("a request behind an event stream is refused and takes no slot of maxStreams", async () => {
      const { app } = await start(2);
      const client = new RawClient(app.url);
      client.socket.write(GET.repeat(REQUESTS));
      await client.until("retry: 3000");
      await until("the handlers", () => entered === REQUESTS);
      expect(app.events.streams.size).toBe(1);
      const other = await app.read("/");
      await until("a stream", () => other.text.includes("retry: 3000"));
      expect(app.events.streams.size).toBe(2);

      [...app.events.streams][0]!.close();
      const refusal = (text: string): boolean => /\r\nretry: (?!3000)\d{4,5}\n\n/.test(text);
      await until("the refusal", () => refusal(client.text));
      expect(client.text.split("HTTP/1.1 200").length).toBeGreaterThan(2);
    });

    it("a request behind an event stream that is itself waiting is refused too", async () => {
      const { app } = await start(100);
      const client = new RawClient(app.url);
      client.socket.write(GET_SLOW + GET.repeat(REQUESTS));
      await until("the handlers", () => entered === REQUESTS + 1);
      await until("the first stream", () => app.events.streams.size > 0);
      expect(app.events.streams.size).toBe(1);
    });

    it("a stream opens normally when the response before it is complete", async () => {
      const { app, gate } = await start(100);
      const client = new RawClient(app.url);
      client.socket.write(GET_SLOW + GET);
      await until("the stream that waits", () => app.events.streams.size === 1);
      gate.open();
      await until("both streams", () => app.events.streams.size === 2);
      for (const stream of streams) stream.send("hello");
      streams[1]!.close();
      expect(await within("closed", streams[1]!.closed)).toBe("closed");
      await until("both responses", () => client.text.split("data: hello").length === 3);
      client.socket.destroy();
      expect(await within("closed", streams[0]!.closed)).toBe("client");
    });

    it("a waiting stream closes when its client leaves", async () => {
      const { app } = await start(100);
      const client = new RawClient(app.url);
      client.socket.write(GET_SLOW + GET);
      await until("the stream that waits", () => streams.length === 1);
      client.socket.destroy();
      expect(await within("closed", streams[0]!.closed)).toBe("client");
      expect(app.events.streams.size).toBe(0);
    });
  });
}
