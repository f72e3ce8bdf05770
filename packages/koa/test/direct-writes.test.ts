import { createServer } from "node:http";
import { PassThrough, Transform, type Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { listen, RawClient, recordSocketWrites, until } from "@ssekit/conformance";
import { sse, type EventStream, type EventStreamOptions } from "@ssekit/koa";
import Koa, { type Context, type Middleware } from "koa";
import Koa2 from "koa2";
import compress from "koa-compress";
import { describe, expect, it, onTestFinished } from "vitest";

const PIECE = "data: one\n\n";
// In one piece: a response of Node's gives its socket several.
const CHUNK = `b\r\n${PIECE}\r\n`;

describe.each([
  ["Koa 3", Koa],
  ["Koa 2", Koa2],
])("the socket of a stream on %s", (_name, create) => {
  async function start(options: EventStreamOptions = {}, ...around: Middleware[]) {
    const opened: { stream: EventStream; ctx: Context; body: Readable }[] = [];
    const app = new create();
    for (const middleware of [...around, sse(options)]) app.use(middleware);
    app.use((ctx) => void opened.push({ stream: ctx.sse(), ctx, body: ctx.body as Readable }));
    const server = createServer(app.callback());
    const writes = recordSocketWrites(server);
    const { url, cut, close } = await listen(server);
    onTestFinished(() => (cut(), close()));
    const client = new RawClient(url).request("GET", "/", { "accept-encoding": "gzip" });
    await client.until("\r\n\r\n");
    await until("the stream", () => opened.length === 1);
    await turn();
    await turn();
    return { writes, client, ...opened[0]! };
  }

  it("is given whole chunks", async () => {
    const { writes, client, stream } = await start();
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

  it("is given none when koa-compress is in between", async () => {
    const allow: Middleware = async (ctx, next) => {
      ctx.set("cache-control", "no-cache");
      await next();
    };
    const { writes, client, stream } = await start(
      {},
      compress({ threshold: 0, br: false }) as Middleware,
      allow,
    );
    stream.send("one");
    await turn();
    stream.close();
    await client.until("0\r\n\r\n");
    expect(client.text).toContain("Content-Encoding: gzip");
    expect(gunzipSync(bodyOf(client.text)).toString()).toBe(`retry: 3000\n\n${PIECE}`);
    expect(writes).not.toContain(CHUNK);
  });

  it("is given none when middleware has put a stream of its own in between", async () => {
    const wrap: Middleware = async (ctx, next) => {
      await next();
      const upperCase = new Transform({
        transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString().toUpperCase()),
      });
      ctx.body = (ctx.body as Readable).pipe(upperCase);
    };
    const { client, stream } = await start({}, wrap);
    for (const data of ["one", "two"]) {
      stream.send(data);
      await turn();
    }
    stream.close();
    await client.until("0\r\n\r\n");
    expect(bodyOf(client.text).toString()).toBe("RETRY: 3000\n\nDATA: ONE\n\nDATA: TWO\n\n");
  });

  it("tells of its drain, and a body that is full takes no more for that", async () => {
    const { client, stream, ctx, body } = await start();
    client.socket.pause();
    stream.send("x".repeat(16 << 20)); // of which the socket's drain is awaited
    await turn();
    client.socket.resume();
    await until("the event", () => client.text.endsWith("x\n\n\r\n"));
    body.pause();
    stream.send("y".repeat(1 << 20));
    await turn();
    const length = body.readableLength;
    expect(length).toBeGreaterThan(0);
    client.socket.pause();
    ctx.res.write(`: ${"z".repeat(16 << 20)}\n\n`);
    await turn();
    client.socket.resume();
    await until("the app's bytes", () => client.text.endsWith("z\n\n\r\n"));
    expect(body.readableLength).toBe(length);
    body.resume();
    await until("the second event", () => client.text.endsWith("y\n\n\r\n"));
  });

  describe("is given none any more when, after the first event, the body", () => {
    it("is listened to by another", async () => {
      const { client, stream, body } = await startAfterFirst();
      const seen: string[] = [];
      body.on("data", (chunk) => seen.push(String(chunk)));
      stream.send("one");
      await client.until(PIECE);
      expect(seen).toEqual([PIECE]);
    });

    it("is piped to another too", async () => {
      const { client, stream, body } = await startAfterFirst();
      const copy = body.pipe(new PassThrough({ encoding: "utf8" }));
      stream.send("one");
      await client.until(PIECE);
      expect(copy.read()).toBe(PIECE);
    });

    it("is paused", async () => {
      const { client, stream, body } = await startAfterFirst();
      body.pause();
      stream.send("one");
      await turn();
      await turn();
      expect(body.readableLength).toBe(PIECE.length);
      body.resume();
      await client.until(PIECE);
    });

    it("is piped through something", async () => {
      const { client, stream, ctx, body } = await startAfterFirst();
      body.unpipe(ctx.res);
      const twice = new Transform({
        transform: (chunk: Buffer, _encoding, done) => done(null, Buffer.concat([chunk, chunk])),
      });
      body.on("data", (chunk) => twice.write(chunk));
      twice.pipe(ctx.res);
      body.resume();
      stream.send("one");
      await client.until(PIECE + PIECE);
      expect(client.text.split(PIECE)).toHaveLength(3);
    });

    it("has something on its way already", async () => {
      const { client, stream, body } = await startAfterFirst();
      body.pause();
      stream.send("one");
      await turn();
      stream.send("two"); // at the end of this turn
      body.resume(); // after that
      await client.until("data: two\n\n");
      expect(client.text.indexOf(PIECE)).toBeLessThan(client.text.indexOf("data: two\n\n"));
    });

    async function startAfterFirst() {
      const started = await start();
      started.stream.send("first");
      await started.client.until("d\r\ndata: first\n\n\r\n");
      expect(started.writes).toContain("d\r\ndata: first\n\n\r\n");
      return started;
    }
  });
});

/** The bytes of a chunked body. */
function bodyOf(text: string): Buffer {
  const parts: string[] = [];
  for (let at = text.indexOf("\r\n\r\n") + 4; ;) {
    const lineEnd = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) return Buffer.from(parts.join(""), "latin1");
    parts.push(text.slice(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 4 + size;
  }
}
