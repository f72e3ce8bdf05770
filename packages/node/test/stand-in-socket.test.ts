import { pause, within } from "@ssekit/conformance";
import { EventStreamServer, open, type OpenOptions } from "@ssekit/node";
import inject, { type InjectPayload } from "light-my-request";
import { expect, it } from "vitest";

// light-my-request calls a request listener without a server. The socket of its requests is a bare EventEmitter.

async function request(options: OpenOptions, headers: Record<string, string> = {}, payload?: InjectPayload) {
  const response = inject((req, res) => void open(req, res, { retry: false, ...options }), {
    url: "/",
    method: payload === undefined ? "GET" : "POST",
    headers: { accept: "text/event-stream", ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  return within("the response", response);
}

it("an injected request gets the whole of a stream that ends", async () => {
  const { statusCode, payload } = await request({ source: ["one", "two"] });
  expect(statusCode).toBe(200);
  expect(payload).toMatch(/^data: one\n\ndata: two\n\nevent: end\n/);
});

it("an injected request with a body gets its stream", async () => {
  expect((await request({ source: ["one"] }, {}, "body")).payload).toMatch(/^data: one\n\n/);
});

it("an injected request sees that a stream has failed", async () => {
  async function* source(): AsyncGenerator<string> {
    yield "one";
    await pause(5);
    throw new Error("broken");
  }
  await expect(request({ source, onError() {} })).rejects.toThrow("response destroyed");
});

it("an injected request gets a refusal, and the end of a server that closes", async () => {
  const server = new EventStreamServer({ retry: false });
  const response = request({ server });
  await pause(20);
  await within("server.close()", server.close());
  expect((await response).payload).toMatch(/^retry: \d+\n\n$/);
  expect((await request({ server })).payload).toMatch(/^retry: \d+\n\n$/);
});
