import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import { connect, type AddressInfo, type Server } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { EventStreamServer, open, type EventStream } from "@ssekit/node";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function listenHttp(handler: http.RequestListener, timeout?: number): Promise<number> {
  const server = http.createServer(handler);
  if (timeout !== undefined) server.setTimeout(timeout);
  cleanups.push(() => server.close().closeAllConnections());
  return listen(server);
}

describe("the connection of a stream", () => {
  test("is not cut by the idle timeout of its server", async () => {
    let stream: EventStream | undefined;
    const port = await listenHttp((req, res) => void (stream = open(req, res)), 150);
    const client = connect(port, "127.0.0.1").on("error", () => {});
    cleanups.push(() => client.destroy());
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(client, "data");
    await wait(600);
    expect(stream!.signal.aborted).toBe(false);
    stream!.send("still here");
    expect(String((await once(client, "data"))[0])).toContain("still here");
  });

  test("sends each event at once, without waiting for the one before to be acknowledged", async () => {
    const noDelay = vi.fn();
    const port = await listenHttp((req, res) => {
      req.socket.setNoDelay = noDelay;
      open(req, res);
    });
    const client = connect(port, "127.0.0.1").on("error", () => {});
    cleanups.push(() => client.destroy());
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(client, "data");
    expect(noDelay).toHaveBeenCalledWith(true);
  });

  test("is closed when the server's shutdown ends the stream, although the client asked for keep-alive", async () => {
    const events = new EventStreamServer();
    const port = await listenHttp((req, res) => void open(req, res, { server: events }));
    const client = connect(port, "127.0.0.1").on("error", () => {});
    cleanups.push(() => client.destroy());
    client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    await once(client, "data");
    const ended = once(client.resume(), "end", { signal: AbortSignal.timeout(2_000) });
    await events.close();
    // Well before the server's keepAliveTimeout of five seconds.
    await expect(ended).resolves.toEqual([]);
  });
});

describe("a session of HTTP/2", () => {
  test("gets GOAWAY at shutdown only when its last stream is over", async () => {
    const events = new EventStreamServer({ maxBufferedBytes: 1 << 30 });
    const streams = new Map<string, EventStream>();
    const server = http2.createServer((req, res) => {
      streams.set(req.url, open(req, res, { server: events }));
    });
    const port = await listen(server);
    const client = http2.connect(`http://127.0.0.1:${port}`);
    cleanups.push(
      () => server.close(),
      () => client.destroy(),
    );
    const order: string[] = [];
    client.once("goaway", () => order.push("goaway"));

    const first = client.request({ ":path": "/first" });
    first.on("end", () => order.push("first")).resume();
    const slow = client.request({ ":path": "/slow" });
    await Promise.all([once(first, "response"), once(slow, "response")]);
    // More than the HTTP/2 window, so that the stream ends only when the client reads it.
    streams.get("/slow")!.send("x".repeat(1 << 20));
    const closing = events.close({ grace: 20_000 });
    await once(first, "close", { signal: AbortSignal.timeout(5_000) });
    expect(await streams.get("/first")!.closed).toBe("draining");
    await new Promise<void>((resolve) => client.ping(() => resolve())); // everything that was sent before the ping has arrived
    expect(order).toEqual(["first"]);

    slow.on("end", () => order.push("slow")).resume();
    await closing;
    await once(client, "close", { signal: AbortSignal.timeout(5_000) });
    expect(order).toEqual(["first", "slow", "goaway"]);
  });
});
