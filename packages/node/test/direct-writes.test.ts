import { ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { until } from "@ssekit/conformance";
import { open, type EventStream } from "@ssekit/node";
import { createFrame, ResponseSink } from "@ssekit/node/adapter";
import { describe, expect, it } from "vitest";
import { serve } from "./support/serve.js";
import { cork, MUCH, serveStream, write } from "./support/serve-stream.js";

describe("a stream whose chunks may go to the socket", () => {
  it.each([false, true])("has whole events of all sizes in its body, with TLS: %s", async (tls) => {
    const served = await serveStream({ tls });
    const client = served.connect().get("/stream");
    const { stream } = await served.first();
    const data = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000].map((size) => "y".repeat(size));
    for (const each of data) {
      stream.send(each);
      await turn();
    }
    stream.close();
    const [response] = await client.whole(1);
    expect(response!.body).toBe(`retry: 3000\n\n${data.map((each) => `data: ${each}\n\n`).join("")}`);
  });

  it("is not on its connection while a response before it is unfinished", async () => {
    const slow: ServerResponse[] = [];
    const opened: EventStream[] = [];
    const served = await serve((req, res) => {
      if (req.url === "/slow") return void slow.push(res);
      opened.push(open(req, res));
    });
    const client = served.connect().get("/slow", "/stream");
    await until("the stream", () => opened.length === 1);
    for (const data of ["one", "two"]) {
      opened[0]!.send(data);
      await turn();
    }
    slow[0]!.end("slow");
    await client.until("two");
    opened[0]!.send("three");
    await turn();
    opened[0]!.close();
    expect((await client.whole(2)).map(({ body }) => body)).toEqual([
      "slow",
      "retry: 3000\n\ndata: one\n\ndata: two\n\ndata: three\n\n",
    ]);
  });

  it("counts what waits for a response before it as unread", async () => {
    const opened: EventStream[] = [];
    const served = await serve((req, res) => {
      if (req.url === "/stream") opened.push(open(req, res));
    });
    served.connect().get("/slow", "/stream");
    await until("the stream", () => opened.length === 1);
    opened[0]!.send("one");
    await turn();
    opened[0]!.send("two");
    await turn();
    expect(opened[0]!.bufferedBytes).toBeGreaterThan("data: one\n\ndata: two\n\n".length);
  });

  it("does not overtake what the app has written while the response is corked", async () => {
    const served = await serveStream();
    const client = served.connect().get("/stream");
    const { stream, res } = await served.first();
    stream.send("one");
    await turn();
    cork.call(res);
    write.call(res, ": app\n\n");
    await turn();
    stream.send("two");
    await turn();
    expect(stream.bufferedBytes).toBeGreaterThanOrEqual(": app\n\ndata: two\n\n".length);
    res.uncork();
    await client.until("two");
    stream.send("three");
    await turn();
    stream.close();
    const [response] = await client.whole(1);
    expect(response!.body).toBe("retry: 3000\n\ndata: one\n\n: app\n\ndata: two\n\ndata: three\n\n");
  });

  it("keeps its order while the socket is corked", async () => {
    const served = await serveStream();
    const client = served.connect().get("/stream");
    const { stream, req, res } = await served.first();
    stream.send("one");
    await turn();
    req.socket.cork();
    stream.send("two");
    await turn();
    write.call(res, ": app\n\n");
    stream.send("three");
    await turn();
    req.socket.uncork();
    stream.close();
    const [response] = await client.whole(1);
    expect(response!.body).toBe("retry: 3000\n\ndata: one\n\ndata: two\n\n: app\n\ndata: three\n\n");
  });

  it("does not mix with what the app writes in between", async () => {
    const served = await serveStream();
    const client = served.connect().get("/stream");
    const { stream, res } = await served.first();
    for (let i = 0; i < 5; i++) {
      write.call(res, `: app ${i}\n\n`);
      stream.send(`with it ${i}`);
      await turn();
      stream.send(`alone ${i}`);
      await turn();
    }
    res.write(": the usual way\n\n");
    await turn();
    stream.send("last");
    stream.close();
    const [response] = await client.whole(1);
    const rounds = [0, 1, 2, 3, 4].map((i) => `: app ${i}\n\ndata: with it ${i}\n\ndata: alone ${i}\n\n`);
    expect(response!.body).toBe(`retry: 3000\n\n${rounds.join("")}: the usual way\n\ndata: last\n\n`);
  });

  it("has no chunk for frames without bytes, which would end the body", async () => {
    const owner = { sinkDrained() {}, sinkMisused() {}, sinkClosed() {} };
    const served = await serve((req, res) => {
      const sink = new ResponseSink(req, res, owner, true);
      res.flushHeaders();
      for (const text of ["data: one\n\n", "", "data: two\n\n"]) sink.write([createFrame(text)]);
      sink.end();
    });
    const [response] = await served.connect().get("/").whole(1);
    expect(response!.body).toBe("data: one\n\ndata: two\n\n");
  });

  it("goes on after Connection: close, and ends the connection", async () => {
    const served = await serveStream();
    const client = served.connect().send(["GET", "/stream", { connection: "close" }]);
    const { stream } = await served.first();
    stream.send("one");
    await turn();
    stream.close();
    expect(await client.over()).toMatchObject([{ body: "retry: 3000\n\ndata: one\n\n", isWhole: true }]);
  });

  it("is no error of the connection when the app has ended that", async () => {
    const served = await serveStream();
    const client = served.connect().get("/stream");
    const { stream, req } = await served.first();
    stream.send("one");
    await client.until("one");
    req.socket.end();
    stream.send("two");
    await turn();
    await client.over();
    client.socket.destroy();
    await stream.closed;
    expect(served.clientErrors).toEqual([]);
  });
});

describe("a response whose body is not in chunks", () => {
  it("of HTTP/1.0 has the bytes as they are", async () => {
    const served = await serveStream();
    const client = served.connect().send(["GET", "/stream", {}, "1.0"]);
    const { stream } = await served.first();
    stream.send("one");
    await client.until("one");
    stream.send("two");
    await turn();
    stream.close();
    const [response] = await client.over();
    expect(response!.body).toBe("retry: 3000\n\ndata: one\n\ndata: two\n\n");
  });

  it("of an app that knows its length has the bytes as they are, and the next response follows", async () => {
    const body = "data: one\n\ndata: two\n\n";
    const served = await serveStream({
      retry: false,
      before: (_req, res) => res.setHeader("content-length", body.length),
    });
    const client = served.connect().get("/stream");
    const { stream } = await served.first();
    for (const data of ["one", "two"]) {
      stream.send(data);
      await turn();
    }
    stream.close();
    await client.whole(1);
    client.get("/next");
    expect((await client.whole(2)).map((response) => response.body)).toEqual([body, "/next"]);
  });

  it("of a HEAD of which middleware has made a GET has none", async () => {
    const served = await serveStream({
      retry: false, // the head leaves by itself
      before: (req, res) => {
        req.method = "GET";
        res.setHeader("transfer-encoding", "chunked"); // Node would leave it out
      },
    });
    const client = served.connect().send(["HEAD", "/stream"]);
    const { stream } = await served.first();
    for (const data of ["one", "two"]) {
      stream.send(data);
      await turn();
    }
    stream.close();
    client.get("/next");
    expect((await client.whole(2)).map(({ body }) => body)).toEqual(["", "/next"]);
  });
});

describe("a client that does not read", () => {
  it("is given one slice for each drain, whoever tells of that", async () => {
    const SLICE = 64 * 1024;
    const served = await serveStream();
    const client = served.connect().get("/stream");
    const { stream, req, res } = await served.first();
    client.socket.pause();
    stream.send("x".repeat(16 << 20)); // by the socket, of which drain is awaited
    await turn();
    client.socket.resume();
    await until("the event", () => client.text.endsWith("x\n\n\r\n"));
    client.socket.pause();
    write.call(res, MUCH);
    await turn();
    req.socket.cork();
    stream.send("y".repeat(1 << 20)); // by the response, of which it is awaited too
    await turn();
    req.socket.uncork();
    const unsent: number[] = [];
    req.socket.on("drain", () => unsent.push(req.socket.writableLength));
    client.socket.resume();
    await until("the second event", () => client.text.endsWith("y\n\n\r\n"));
    expect(unsent.length).toBeGreaterThan(0);
    expect(Math.max(...unsent)).toBeLessThan(SLICE + 100);
  });
});

describe("a response that is not on the connection of its request", () => {
  it("keeps what is written to it, as in tests that inject a request", async () => {
    const written: string[] = [];
    const streams: EventStream[] = [];
    const served = await serve((req, answer) => {
      const res = new ServerResponse(req);
      res.write = (chunk: string) => (written.push(Buffer.from(chunk).toString()), true);
      streams.push(open(req, res));
      setTimeout(() => answer.end("done"), 50);
    });
    const client = served.connect().get("/");
    await until("the stream", () => streams.length === 1);
    for (const data of ["one", "two"]) {
      await turn();
      streams[0]!.send(data);
    }
    expect((await client.whole(1))[0]!.body).toBe("done");
    expect(written).toEqual(["retry: 3000\n\n", "data: one\n\n", "data: two\n\n"]);
  });
});
