import type { EventStream } from "@ssekit/core";
import { EventSource } from "eventsource";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Adapter } from "../adapter.js";
import { startApp, type TestApp } from "../support/start-app.js";
import { never, pause, until } from "../support/within.js";

const RETRY = 100;

/** P11 with the npm package `eventsource`. */
export function eventSourceContract(adapter: Adapter): void {
  function connect(app: TestApp): { source: EventSource; requests(): number } {
    const { fetch = globalThis.fetch } = adapter;
    let requests = 0;
    const source = new EventSource(`${app.url}/`, {
      fetch: (url, init) => (requests++, fetch(url, init)),
    });
    onTestFinished(() => source.close());
    return { source, requests: () => requests };
  }

  describe("P11: EventSource", () => {
    it("does not start a finished stream again", async () => {
      let started = 0;
      const source = (): string[] => (started++, ["one"]);
      const app = await startApp(adapter, { path: "/", source }, { retry: RETRY });
      const client = connect(app);
      await until("the client to stop", () => client.source.readyState === EventSource.CLOSED);
      await pause(3 * RETRY);
      expect(client.requests()).toBe(2);
      expect(started).toBe(1);
    });

    it("does not start a stream with `once` again, not even after the connection broke", async () => {
      let started = 0;
      async function* source(): AsyncGenerator<string> {
        started++;
        yield "one";
        await never();
      }
      const app = await startApp(adapter, { path: "/", source, options: { once: true } }, { retry: RETRY });
      const client = connect(app);
      let received = 0;
      client.source.addEventListener("message", () => received++);
      await until("the event", () => received > 0);
      app.cut();
      await until("the client to stop", () => client.source.readyState === EventSource.CLOSED);
      await pause(3 * RETRY);
      expect(client.requests()).toBe(2);
      expect(started).toBe(1);
    });

    it("starts a live feed again after the connection broke", async () => {
      let started = 0;
      const onStream = (stream: EventStream): void => void stream.send(`start ${++started}`);
      const app = await startApp(adapter, { path: "/", onStream }, { retry: RETRY });
      const client = connect(app);
      const received: string[] = [];
      client.source.addEventListener("message", ({ data }) => received.push(data));
      await until("the first event", () => received.length === 1);
      app.cut();
      await until("the second event", () => received.length === 2);
      expect(received).toEqual(["start 1", "start 2"]);
    });

    it("waits and then reconnects when it was refused because of maxStreams", async () => {
      let started = 0;
      const source = (): string[] => (started++, ["one"]);
      const app = await startApp(adapter, { path: "/", source }, { retry: RETRY, maxStreams: 0 });
      const client = connect(app);
      let opened = 0;
      client.source.addEventListener("open", () => opened++);
      await until("the refusal", () => opened === 1);
      await until("the client to wait", () => client.source.readyState === EventSource.CONNECTING);
      expect(started).toBe(0);
    });
  });
}
