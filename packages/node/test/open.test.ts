import { once } from "node:events";
import { readFileSync } from "node:fs";
import http, { type IncomingMessage, type RequestListener } from "node:http";
import https from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { EventStreamServer, open, type EventStream } from "@ssekit/node";
import { afterEach, describe, expect, test, vi } from "vitest";

const key = readFileSync(new URL("fixtures/localhost-key.pem", import.meta.url));
const cert = readFileSync(new URL("fixtures/localhost-cert.pem", import.meta.url));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe.each(["http", "https"] as const)("open on %s", (protocol) => {
  test("sends a source and ends it", async () => {
    const port = await listen(protocol, (req, res) => void open(req, res, { source: ["one", { data: 2 }] }));
    const response = await get(protocol, port);
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toBe("text/event-stream");
    expect(await text(response)).toBe(
      "retry: 3000\n\ndata: one\n\ndata: 2\n\nevent: end\nid: ~end\ndata:\n\n",
    );
  });

  test("opens a stream without a source, which is open until the client leaves", async () => {
    const events = new EventStreamServer();
    const streams = collect<EventStream>();
    const port = await listen(protocol, (req, res) => streams.add(open(req, res, { server: events })));
    const response = await get(protocol, port);
    const stream = await streams.next();
    stream.send({ event: "greeting", data: "hello" });
    await readUntil(response, "event: greeting\ndata: hello\n\n");
    expect(events.streams.size).toBe(1);

    response.destroy();
    expect(await stream.closed).toBe("client");
    expect(stream.signal.aborted).toBe(true);
    expect(events.streams.size).toBe(0);
  });

  test("answers 500 to an error of the source before its first item, without the error's message", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const error = new Error("the password is wrong");
    const port = await listen(protocol, (req, res) => void open(req, res, { source: failing(error) }));
    const response = await get(protocol, port);
    expect(response.statusCode).toBe(500);
    expect(response.headers["content-type"]).not.toBe("text/event-stream");
    expect(await text(response)).not.toContain("password");
    expect(logged).toHaveBeenCalledWith(error);
  });

  test("answers with the error's own status", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const error = Object.assign(new Error("no such answer"), { status: 404 });
    const port = await listen(protocol, (req, res) => void open(req, res, { source: failing(error) }));
    expect((await get(protocol, port)).statusCode).toBe(404);
  });

  test("hands such an error to `fail`, if it is given, and the response is untouched", async () => {
    const error = new Error("early");
    const port = await listen(protocol, (req, res) => {
      const fail = (thrown: unknown): void => {
        expect(thrown).toBe(error);
        expect(res.getHeaderNames()).toEqual([]);
        res.writeHead(418).end("by fail");
      };
      open(req, res, { source: failing(error), fail });
    });
    const response = await get(protocol, port);
    expect(response.statusCode).toBe(418);
    expect(await text(response)).toBe("by fail");
  });

  test("answers 500 when `fail` itself throws, or rejects", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const events = new EventStreamServer();
    const mistake = new Error("in fail");
    const fails = [
      () => {
        throw mistake;
      },
      () => Promise.reject(mistake),
    ];
    const port = await listen(protocol, (req, res) => {
      open(req, res, { server: events, source: failing(new Error("early")), fail: fails.shift()! });
    });
    for (let left = fails.length; left > 0; left--) {
      const response = await get(protocol, port);
      expect(response.statusCode).toBe(500);
      await text(response);
    }
    expect(logged.mock.calls).toEqual([[mistake], [mistake]]);
    expect(events.streams.size).toBe(0);
  });

  test("breaks the response off when `fail` throws after its first write", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const fail = (res: http.ServerResponse): never => {
      res.write("half of ");
      throw new Error("in fail");
    };
    const port = await listen(protocol, (req, res) => {
      open(req, res, { source: failing(new Error("early")), fail: () => fail(res) });
    });
    await expect(get(protocol, port).then(text)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("throws when a stream is already open, and does not disturb that stream", async () => {
    const port = await listen(protocol, (req, res) => {
      const stream = open(req, res);
      expect(() => open(req, res)).toThrow(expect.objectContaining({ code: "ERR_SSE_ALREADY_OPEN" }));
      stream.send("still here");
      stream.close();
    });
    expect(await text(await get(protocol, port))).toBe("retry: 3000\n\ndata: still here\n\n");
  });
});

describe("a second request on the connection, sent before the first is answered", () => {
  test("gets its stream when the first answer is over, and loses no event that was sent before", async () => {
    const streams = collect<EventStream>();
    const answers = collect<http.ServerResponse>();
    let requests = 0;
    const port = await listen("http", (req, res) => {
      if (requests++ === 0) answers.add(res);
      else streams.add(open(req, res));
    });
    const socket = requestAtOnce(port);
    const second = await streams.next();
    second.send("of the second");
    (await answers.next()).end("of the first");
    const all = await readUntil(socket, "of the second\n\n");
    expect(all.split("HTTP/1.1 200 OK")).toHaveLength(3);
    second.send("and live");
    await readUntil(socket, "and live\n\n");
  });

  test("is refused if the first is a stream; 20 such requests cause no warning of a leak", async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on("warning", warned);
    cleanups.push(() => process.off("warning", warned));
    const events = new EventStreamServer();
    const streams: EventStream[] = [];
    const port = await listen("http", (req, res) => streams.push(open(req, res, { server: events })));
    const client = requestAtOnce(port, 20);
    await vi.waitUntil(() => streams.length === 20, { timeout: 5000 });
    expect(events.streams.size).toBe(1);
    expect(await streams[1]!.closed).toBe("refused");
    client.destroy();
    await vi.waitUntil(() => events.streams.size === 0, { timeout: 5000 });
    expect(warnings).toEqual([]);
  });
});

/** Sends requests on one connection, in one packet. */
function requestAtOnce(port: number, times = 2): Socket {
  const socket = connect(port, "127.0.0.1");
  cleanups.push(() => socket.destroy());
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(times));
  return socket;
}

async function listen(protocol: "http" | "https", handler: RequestListener): Promise<number> {
  const server =
    protocol === "http" ? http.createServer(handler) : https.createServer({ key, cert }, handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function get(protocol: "http" | "https", port: number): Promise<IncomingMessage> {
  const request =
    protocol === "http"
      ? http.get({ host: "127.0.0.1", port, agent: false })
      : https.get({ host: "127.0.0.1", port, ca: cert, agent: false });
  request.on("error", () => {}); // a test destroys the response
  cleanups.push(() => request.destroy());
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

/** Reads until the given text has arrived. */
function readUntil(readable: IncomingMessage | Socket, wanted: string): Promise<string> {
  let received = "";
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      received += chunk.toString();
      if (received.includes(wanted)) settle(() => resolve(received));
    };
    const onEnd = (): void =>
      settle(() => reject(new Error(`Expected ${wanted}, got the end after ${received}`)));
    const limit = setTimeout(
      () => settle(() => reject(new Error(`Expected ${wanted}, got ${received}`))),
      5000,
    );
    function settle(outcome: () => void): void {
      clearTimeout(limit);
      readable.off("data", onData).off("close", onEnd);
      outcome();
    }
    readable.on("data", onData).on("close", onEnd);
  });
}

/** Makes a queue: `next` waits for the next item that is added. */
function collect<T>(): { add(item: T): void; next(): Promise<T> } {
  const items: T[] = [];
  let taken = 0;
  return {
    add: (item) => void items.push(item),
    next: () => vi.waitUntil(() => items.length > taken && items[taken++], { timeout: 5000 }) as Promise<T>,
  };
}

async function* failing(error: Error): AsyncGenerator<string> {
  if (error) throw error;
  yield "never";
}
