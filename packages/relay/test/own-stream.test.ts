import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import { EventStreamServer, type EventMessage } from "@ssekit/core";
import { expect, onTestFinished, test } from "vitest";
import { isUpstreamError, relay } from "../src/index.js";
import { collect, collectUntilError } from "./support/bytes.js";

const END = { doneOn: ({ event }: EventMessage) => event === "end" };

/** Requests a stream of ssekit as a page does: by `fetch` with POST. */
async function post(source: () => AsyncGenerator<EventMessage>, status?: number): Promise<Response> {
  const events = new EventStreamServer({ onError: () => {} });
  const server = createServer(async (request, response) => {
    if (status !== undefined) return response.writeHead(status).end("no such prompt");
    const { method, headers } = request;
    const asked = new Request("http://localhost/", { method: method!, headers: { accept: headers.accept! } });
    const answer = await events.respond(asked, source);
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    const body = Readable.fromWeb(answer.body as NodeStream);
    body.on("error", () => response.destroy());
    return body.pipe(response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return await fetch(url, { method: "POST", headers: { accept: "text/event-stream" } });
}

test("a page reads the answer of a POST to its end", async () => {
  const response = await post(async function* () {
    yield { event: "token", data: "\u5e8a" };
    yield { data: { n: 1 } };
  });
  expect(await collect(relay(response))).toEqual([{ event: "token", data: "\u5e8a" }, { data: '{"n":1}' }]);
});

test("P14: a page gets an error when the answer is cut, after the events before the cut", async () => {
  const response = await post(async function* () {
    yield { data: "a" };
    throw new Error("the model is gone");
  });
  const { messages, error } = await collectUntilError(relay(response, END));
  expect(messages).toEqual([{ data: "a" }]);
  expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_SSE_UPSTREAM_(BROKEN|INCOMPLETE)$/) });
});

test("a page can show why there is no answer", async () => {
  const { error } = await collectUntilError(relay(await post(async function* () {}, 422)));
  if (!isUpstreamError(error)) throw new Error("was not recognised", { cause: error });
  expect([error.upstreamStatus, error.upstreamBody]).toEqual([422, "no such prompt"]);
});
