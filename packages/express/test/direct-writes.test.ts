import { createServer } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { listen, RawClient, recordSocketWrites, until } from "@ssekit/conformance";
import { sse, type EventStream, type EventStreamOptions } from "@ssekit/express";
import compression from "compression";
import express, { type RequestHandler, type Request, type Response } from "express";
import express4 from "express4";
import { describe, expect, it, onTestFinished } from "vitest";

const PIECE = "data: one\n\n";
// In one piece: a response of Node's gives its socket several.
const CHUNK = `b\r\n${PIECE}\r\n`;

describe.each([
  ["Express 5", express],
  ["Express 4", express4],
])("the socket of a stream on %s", (_name, create) => {
  async function start(options: EventStreamOptions, ...before: RequestHandler[]) {
    const opened: { stream: EventStream; req: Request; res: Response }[] = [];
    const app = create().use(...before, sse(options));
    app.get("/", (req, res) => void opened.push({ stream: res.sse(), req, res }));
    const server = createServer(app);
    const writes = recordSocketWrites(server);
    const { url, cut, close } = await listen(server);
    onTestFinished(() => (cut(), close()));
    const client = new RawClient(url).request("GET", "/", { "accept-encoding": "gzip" });
    await client.until("\r\n\r\n");
    await until("the stream", () => opened.length === 1);
    await turn();
    return { writes, client, ...opened[0]! };
  }

  it("is given whole chunks", async () => {
    const { writes, client, stream } = await start({});
    stream.send("one");
    await client.until(PIECE);
    expect(writes).toContain(CHUNK);
  });

  it("is given none with directWrites: false", async () => {
    const { writes, client, stream } = await start({ directWrites: false });
    stream.send("one");
    await client.until(PIECE);
    expect(writes).not.toContain(CHUNK);
  });

  it("is given none behind compression, whether that compresses or not", async () => {
    const { writes, client, stream } = await start({}, compression());
    stream.send("one");
    await client.until(PIECE);
    expect(writes).not.toContain(CHUNK);
  });

  it("is given none any more when compression wraps the response after the first event", async () => {
    const { writes, client, stream, req, res } = await start({});
    stream.send("first");
    await client.until("data: first\n\n");
    compression()(req, res, () => {});
    stream.send("one");
    await client.until(PIECE);
    expect(writes).not.toContain(CHUNK);
    expect(client.text).toContain(`d\r\ndata: first\n\n\r\n${CHUNK}`);
  });
});
