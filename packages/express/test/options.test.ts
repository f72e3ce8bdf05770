import { createServer } from "node:http";
import { listen, StreamReader } from "@ssekit/conformance";
import { EventStreamServer, sse } from "@ssekit/express";
import express, { type ErrorRequestHandler, type RequestHandler } from "express";
import express4 from "express4";
import { describe, expect, it, onTestFinished } from "vitest";

describe.each([
  ["Express 5", express],
  ["Express 4", express4],
])("%s: app.use(sse(…))", (_name, create) => {
  async function start(middleware: RequestHandler, handler: RequestHandler) {
    const errors: unknown[] = [];
    const handleError: ErrorRequestHandler = (error, _req, res, _next) => {
      errors.push(error);
      res.status(500).end();
    };
    const app = create().use(middleware).all("/", handler).use(handleError);
    const { url, cut, close } = await listen(createServer(app));
    onTestFinished(() => (cut(), close()));
    return { url, errors };
  }

  it("takes options, a server, or nothing", async () => {
    for (const [server, retry] of [
      [{ retry: 7 }, 7],
      [new EventStreamServer({ retry: 8 }), 8],
      [undefined, 3000],
    ] as const) {
      const { url } = await start(sse(server) as RequestHandler, (_req, res) => void res.sse(["one"]));
      const reader = new StreamReader(await fetch(url));
      await reader.all();
      expect(reader.retries).toEqual([retry]);
    }
  });

  it("says what is wrong with options when it is called", () => {
    expect(() => sse({ hearbeat: 1_000 } as never)).toThrow(/hearbeat: no such option/);
    for (const given of ["options", null, 5]) {
      expect(() => sse(given as never)).toThrow(expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }));
    }
  });

  it("without the call says so at the first request", async () => {
    const { url, errors } = await start(sse as unknown as RequestHandler, (_req, res) => void res.end());
    expect((await fetch(url)).status).toBe(500);
    expect(errors).toMatchObject([{ message: expect.stringContaining("app.use(sse())") }]);
  });
});

describe("a request body", () => {
  it.each(["read before the stream opened", "read after it opened"])("%s is whole", async (when) => {
    const app = express().use(sse());
    if (when === "read before the stream opened") app.use(express.text({ limit: "1mb" }));
    app.post("/", (req, res) => {
      if (typeof req.body === "string") return void res.sse([String(req.body.length)]);
      const stream = res.sse();
      let length = 0;
      req.on("data", (chunk: Buffer) => (length += chunk.length));
      req.on("end", () => (stream.send(String(length)), stream.end()));
    });
    const { url, cut, close } = await listen(createServer(app));
    onTestFinished(() => (cut(), close()));
    const headers = { accept: "text/event-stream", "content-type": "text/plain" };
    const reader = new StreamReader(await fetch(url, { method: "POST", body: "x".repeat(300_000), headers }));
    expect(await reader.allData()).toEqual(["300000"]);
  });
});
