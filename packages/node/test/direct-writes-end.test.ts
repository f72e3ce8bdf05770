import { OutgoingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { until } from "@ssekit/conformance";
import { portOf } from "@ssekit/node/adapter";
import { describe, expect, it } from "vitest";
import { MUCH, serveStream, write } from "./support/serve-stream.js";

describe("nothing follows the end of a response on its connection", () => {
  it("that a stream ends with much unsent", async () => {
    const served = await serveStream({ maxBufferedBytes: 1 << 28 });
    const client = served.connect().get("/stream");
    const { stream } = await served.first();
    client.socket.pause();
    stream.comment(MUCH.slice(2, -2));
    await turn();
    stream.end();
    expect(stream.send("late")).toBe(false);
    client.get("/next");
    await turn();
    client.socket.resume();
    const [response, next] = await client.whole(2);
    expect(response!.body).toMatch(/^retry: 3000\n\n: x+\n\nevent: end\nid: ~end\ndata:\s*\n\n$/);
    expect(response!.body).toContain(MUCH);
    expect(next!.body).toBe("/next");
  });

  it.each(["before", "after"])(
    "that the app ends with much unsent, %s the first chunk to the socket",
    async (when) => {
      const served = await serveStream();
      const client = served.connect().get("/stream");
      const { stream, res } = await served.first();
      if (when === "after") {
        stream.send("one");
        await turn();
      }
      client.socket.pause();
      write.call(res, MUCH);
      await turn();
      res.end();
      stream.send("late");
      await turn();
      client.get("/next");
      await turn();
      client.socket.resume();
      const [response, next] = await client.whole(2);
      expect(response!.body).toBe(`retry: 3000\n\n${when === "after" ? "data: one\n\n" : ""}${MUCH}`);
      expect(next!.body).toBe("/next");
    },
  );

  it("that is ended by what the app has put in the place of res.end, later", async () => {
    const end: (this: ServerResponse) => unknown = OutgoingMessage.prototype.end;
    const served = await serveStream({
      // As a session does that saves itself first.
      before: (_req, res) => Object.assign(res, { end: () => (setTimeout(() => end.call(res), 20), res) }),
    });
    const client = served.connect().get("/stream");
    const { stream, res } = await served.first();
    stream.send("one");
    await turn();
    res.end();
    stream.send("while it is saved");
    await client.whole(1);
    stream.send("late");
    client.get("/next");
    expect((await client.whole(2)).map(({ body }) => body)).toEqual([
      "retry: 3000\n\ndata: one\n\ndata: while it is saved\n\n",
      "/next",
    ]);
  });

  it("and of one that breaks off with much unsent all of that comes first", async () => {
    const served = await serveStream({ onError() {} });
    const client = served.connect().get("/stream");
    const { stream } = await served.first();
    stream.send("one");
    await turn();
    client.socket.pause();
    stream.comment(MUCH.slice(2, -2));
    await turn();
    portOf(stream).fail(new Error("broken"));
    await turn();
    client.socket.resume();
    const [response] = await client.over();
    expect(response!.isWhole).toBe(false);
    expect(response!.body.startsWith(`retry: 3000\n\ndata: one\n\n${MUCH}`)).toBe(true);
  });
});

describe("a connection that is used again", () => {
  it("has the next streams as the first, and keeps no listener of theirs", async () => {
    const served = await serveStream();
    const client = served.connect();
    const sockets = new Set<Socket>();
    const listeners: number[] = [];
    for (let i = 0; i < 5; i++) {
      client.get("/stream");
      await until("the stream", () => served.opened.length === i + 1);
      const { stream, req } = served.opened[i]!;
      sockets.add(req.socket);
      await turn();
      client.socket.pause();
      stream.send("x".repeat(16 << 20)); // waits for drain
      await turn();
      client.socket.resume();
      stream.close();
      const responses = await client.whole(i + 1);
      expect(responses[i]!.body).toBe(`retry: 3000\n\ndata: ${"x".repeat(16 << 20)}\n\n`);
      await stream.closed;
      listeners.push(req.socket.listenerCount("drain"));
    }
    expect(sockets.size).toBe(1);
    expect(new Set(listeners).size).toBe(1);
  });
});
