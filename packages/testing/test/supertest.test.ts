import { createServer } from "node:http";
import { constants, createGzip } from "node:zlib";
import supertest from "supertest";
import { expect, test } from "vitest";
import { readEvents } from "../src/index.js";
import { answer, listen, openStream, soon, urlOf } from "./support/servers.js";

const event = (data: string) => ({ type: "message", data, lastEventId: "" });

test("supertest has closed its server when readEvents resolves", async () => {
  const server = createServer(openStream("data: a\n\n"));
  expect(await readEvents(supertest(server).get("/"), 1)).toEqual([event("a")]);
  expect(server.listening).toBe(false);
});

test("supertest has closed its server when there was no response", async () => {
  const server = createServer(() => {});
  const reading = readEvents(supertest(server).get("/"), 1, { timeout: 200 });
  await expect(soon(reading, "the error")).rejects.toMatchObject({ code: "ERR_SSE_TIMEOUT" });
  expect(server.listening).toBe(false);
});

test("supertest has closed its server when the time was up before the request was sent", async () => {
  const server = createServer(openStream());
  const reading = readEvents(supertest(server).get("/"), 1, { timeout: 0.001 });
  await expect(soon(reading, "the error")).rejects.toMatchObject({ code: "ERR_SSE_TIMEOUT" });
  await expect.poll(() => server.listening).toBe(false);
});

test("supertest may expect a status and headers", async () => {
  const app = openStream("data: a\n\n");
  const request = supertest(app)
    .get("/")
    .expect(200)
    .expect("content-type", /event-stream/);
  expect(await readEvents(request, 1)).toEqual([event("a")]);
});

test.each([
  ["its own server", (app: ReturnType<typeof openStream>) => Promise.resolve(createServer(app))],
  ["a server that listens", listen],
])("on %s: an expectation that fails is the error", async (_, start) => {
  const app = openStream("data: a\n\n");
  const request = supertest(await start(app))
    .get("/")
    .expect("x-missing", "yes");
  await expect(soon(readEvents(request, 1), "the error")).rejects.toThrow(
    'expected "x-missing" header field',
  );
  await soon(app.left, "the server to see it");
});

test("supertest decompresses a stream event by event", async () => {
  const app = answer((response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    gzip.pipe(response);
    gzip.write("data: 床前明月光\n\n");
  });
  expect(await readEvents(supertest(app).get("/"), 1)).toEqual([event("床前明月光")]);
  await soon(app.left, "the server to see it");
});

test("supertest decompresses a stream to its end", async () => {
  const app = answer((response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
    const gzip = createGzip();
    gzip.pipe(response);
    gzip.end("data: a\n\n".repeat(1000));
  });
  expect(await readEvents(supertest(app).get("/"), 1000)).toHaveLength(1000);
});

test("supertest sends the headers that were set", async () => {
  const app = answer((response, request) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${request.method} ${String(request.headers["last-event-id"])}\n\n`);
  });
  const events = await readEvents(supertest(app).post("/").set("Last-Event-ID", "5").send({ q: 1 }), 1);
  expect(events).toEqual([event("POST 5")]);
});

test("supertest has closed its server when the answer is an error in JSON", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(400, { "content-type": "application/json" }).end('{"error":"no such topic"}');
  });
  const reading = readEvents(supertest(server).get("/"), 1);
  await expect(reading).rejects.toMatchObject({
    response: { status: 400, body: '{"error":"no such topic"}' },
  });
  expect(server.listening).toBe(false);
});

test("the error of supertest is passed on if no server listens", async () => {
  const server = await listen(() => {});
  const url = urlOf(server);
  await new Promise((resolve) => server.close(resolve));
  await expect(soon(readEvents(supertest(url).get(""), 1), "the error")).rejects.toThrow("ECONNREFUSED");
});

test("the error of supertest is passed on if the request was already sent", async () => {
  const request = supertest(await listen(openStream("data: a\n\n"))).get("/");
  await readEvents(request, 1);
  await expect(soon(readEvents(request, 1), "the error")).rejects.toThrow("twice");
});
