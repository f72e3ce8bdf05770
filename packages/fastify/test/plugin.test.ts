import { createRequire } from "node:module";
import { connect, type ClientHttp2Session } from "node:http2";
import { once } from "node:events";
import { pause, RawClient, StreamReader, until, within } from "@ssekit/conformance";
import defaultExport, { EventStreamServer, sse, type EventStream } from "@ssekit/fastify";
import fastify, { type FastifyInstance } from "fastify";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ACCEPT } from "./support/start.js";

describe("the plugin", () => {
  it("is the default export too, so that app.register(import()) works", async () => {
    expect(defaultExport).toBe(sse);
    const app = fastify();
    await app.register(import("@ssekit/fastify"));
    expect(app.hasReplyDecorator("sse")).toBe(true);
  });

  it("need not be awaited: routes may be added at once, and before", async () => {
    const app = fastify();
    app.get("/before", async (_request, reply) => void reply.sse(["one"]));
    void app.register(sse);
    app.get("/after", async (_request, reply) => void reply.sse(["one"]));
    const { url } = await listenOn(app);
    for (const path of ["/before", "/after"]) expect(await readAll(url + path)).toEqual(["one"]);
  });

  it("is for its instance and for those inside, and not for those beside", async () => {
    const app = fastify();
    await app.register(async (inner) => {
      await inner.register(sse, { retry: 7 });
      inner.get("/inner", (_request, reply) => reply.sse(["one"]));
      await inner.register(async (innermost) => {
        innermost.get("/innermost", (_request, reply) => reply.sse(["one"]));
      });
    });
    app.get("/beside", async (_request, reply) => typeof reply.sse);
    const { url } = await listenOn(app);
    for (const path of ["/inner", "/innermost"]) {
      const reader = new StreamReader(await fetch(url + path, { headers: ACCEPT }));
      expect(await reader.allData()).toEqual(["one"]);
      expect(reader.retries).toEqual([7]);
    }
    expect(await (await fetch(`${url}/beside`)).text()).toBe("undefined");
  });

  it("can be registered again on an inner instance, with options of its own", async () => {
    const app = fastify();
    await app.register(sse, { retry: 1 });
    app.get("/outer", (_request, reply) => reply.sse(["one"]));
    await app.register(
      async (inner) => {
        await inner.register(sse, { retry: 2 });
        inner.get("/", (_request, reply) => reply.sse(["one"]));
      },
      { prefix: "/inner" },
    );
    const { url } = await listenOn(app);
    for (const [path, retry] of [
      ["/outer", 1],
      ["/inner", 2],
    ] as const) {
      const reader = new StreamReader(await fetch(url + path, { headers: ACCEPT }));
      await reader.all();
      expect(reader.retries).toEqual([retry]);
    }
  });

  it("takes the options of register", async () => {
    const app = fastify();
    await app.register(sse, { prefix: "/x", logLevel: "warn", heartbeat: 1_000 });
    await app.register(async (inner) => {
      await inner.register(sse, { prefix: "/x", server: new EventStreamServer() });
    });
    await app.ready();
    expect(app.hasReplyDecorator("sse")).toBe(true);
    await app.close();
  });

  it.each<[string, () => unknown, string]>([
    [
      "is called",
      () => (sse as () => unknown)(),
      "sse: expected a Fastify instance, as in app.register(sse, options), got undefined",
    ],
    [
      "is called with options",
      () => (sse as (given: object) => unknown)({ heartbeat: 5_000 }),
      "sse: expected a Fastify instance, as in app.register(sse, options), got an object (Object)",
    ],
    [
      "is registered twice",
      async () => fastify().register(sse).register(sse),
      "sse: this Fastify instance has the plugin already; register it once, or again on an inner instance",
    ],
    [
      "gets a wrong option",
      async () => fastify().register(sse, { heartbeat: "often" } as never),
      'sse: heartbeat: expected a number of milliseconds above 0 and up to 2147483647, or false, got "often"',
    ],
    [
      "gets a misspelt option",
      async () => fastify().register(sse, { hearbeat: 5 } as never),
      "sse: hearbeat: no such option; it takes heartbeat",
    ],
    [
      "gets a server as its options",
      async () => fastify().register(sse, new EventStreamServer() as never),
      "sse: expected options such as { server }, got",
    ],
    [
      "gets another kind of server",
      async () => fastify().register(sse, { server: {} } as never),
      "sse: server: expected an EventStreamServer, got an object (Object)",
    ],
    [
      "gets a server and an option of one",
      async () => fastify().register(sse, { server: new EventStreamServer(), heartbeat: 5 }),
      "sse: heartbeat: no such option beside server; it is one of the EventStreamServer",
    ],
    [
      "gets a wrong option of close",
      async () => fastify().register(sse, { close: { grace: "x" } } as never),
      "sse: close: grace: expected a number of milliseconds from 0",
    ],
  ])("says what is wrong when it %s", async (_what, call, message) => {
    const error: unknown = await Promise.resolve()
      .then(call)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error).toMatchObject({
      code: "ERR_SSE_INVALID_OPTION",
      message: expect.stringContaining(message),
    });
  });

  it("is refused by Fastify where something else has decorated the reply with sse", async () => {
    const app = fastify();
    app.decorateReply("sse" as never, (() => {}) as never);
    await expect(async () => app.register(sse)).rejects.toThrow("'sse' has already been added");
  });

  it("runs beside @fastify/sse, whose routes have its own reply.sse", async () => {
    const app = fastify();
    // Without its types, which cannot be loaded beside ours.
    await app.register(createRequire(import.meta.url)("@fastify/sse") as never);
    await app.register(sse);
    app.get("/ours", (_request, reply) => reply.sse(["one"]));
    app.get("/theirs", { sse: true } as object, async (_request, reply) => {
      await (reply.sse as unknown as { send(message: object): Promise<void> }).send({ data: "one" });
    });
    const { url } = await listenOn(app);
    expect(await readAll(`${url}/ours`)).toEqual(["one"]);
    expect(await readAll(`${url}/theirs`)).toEqual(['"one"']);
  });
});

describe("app.close()", () => {
  it.each([
    ["HTTP/1.1", () => fastify()],
    ["HTTP/2", () => fastify({ http2: true }) as unknown as FastifyInstance],
  ])("closes open streams at once and asks their clients to come back, with %s", async (name, create) => {
    const app = create();
    const reasons: unknown[] = [];
    await app.register(sse, { onClose: (_stream, reason) => void reasons.push(reason) });
    app.get("/", (_request, reply) => void reply.sse());
    const { url } = await listenOn(app);
    const text = name === "HTTP/2" ? readHttp2(url) : readHttp1(url);
    await until("the streams", () => text().match(/retry: 3000\n\n/g)?.length === 2);
    const begun = performance.now();
    await within("app.close()", app.close(), 5_000);
    expect(performance.now() - begun).toBeLessThan(2_000);
    await until("the reconnection times", () => text().match(/retry: /g)?.length === 4);
    expect(reasons).toEqual(["draining", "draining"]);
  });

  it("closes the streams of an inner instance that has the plugin for itself", async () => {
    const app = fastify();
    await app.register(async (inner) => {
      await inner.register(sse);
      inner.get("/", (_request, reply) => void reply.sse());
    });
    const { url } = await listenOn(app);
    const text = readHttp1(url);
    await until("the streams", () => text().match(/retry: 3000\n\n/g)?.length === 2);
    await within("app.close()", app.close(), 5_000);
    await until("the reconnection times", () => text().match(/retry: /g)?.length === 4);
    expect(app.server.listening).toBe(false);
  });

  it("cuts off a client that does not read, after the grace period of the option close", async () => {
    let stream: EventStream | undefined;
    const app = fastify();
    await app.register(sse, { maxBufferedBytes: 1 << 30, close: { grace: 200 } });
    app.get("/", (_request, reply) => void (stream = reply.sse()));
    const { url } = await listenOn(app);
    const client = new RawClient(url).request("GET", "/", ACCEPT);
    await client.until("retry: 3000");
    client.socket.pause();
    for (let i = 0; i < 64; i++) stream!.send("x".repeat(1 << 20));
    await pause(20);
    await within("app.close()", app.close(), 5_000);
    expect(await stream!.closed).toBe("draining");
  });

  it("waits for sources if the option close says so", async () => {
    const app = fastify();
    await app.register(sse, { close: { finishSources: true } });
    app.get("/", (_request, reply) =>
      reply.sse(async function* () {
        yield "one";
        await pause(100);
        yield "two";
      }),
    );
    const { url } = await listenOn(app);
    const reader = new StreamReader(await fetch(url, { headers: ACCEPT }));
    await reader.untilData("one");
    await within("app.close()", app.close(), 5_000);
    expect(await reader.allData()).toEqual(["one", "two"]);
  });
});

describe("app.inject()", () => {
  const consoleError = (): void => {
    const spy = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => spy.mockRestore());
  };

  async function appWith(build: (app: FastifyInstance) => unknown): Promise<FastifyInstance> {
    const app = fastify();
    await app.register(sse, { retry: false });
    build(app);
    onTestFinished(() => app.close());
    return app;
  }

  it("gets the whole of a stream that ends", async () => {
    const app = await appWith((app) => app.get("/", (_request, reply) => reply.sse(["one", "two"])));
    const response = await within("the response", app.inject({ url: "/", headers: ACCEPT }));
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toBe("text/event-stream");
    expect(response.payload).toMatch(/^data: one\n\ndata: two\n\nevent: end\n/);
  });

  it("gets a stream as it comes, with payloadAsStream", async () => {
    let stream: EventStream | undefined;
    const app = await appWith((app) => app.get("/", (_request, reply) => void (stream = reply.sse())));
    const response = await within("the head", app.inject({ url: "/", payloadAsStream: true }));
    let text = "";
    const body = response.stream();
    body.on("data", (chunk) => (text += String(chunk)));
    for (const data of ["one", "two", "x".repeat(1 << 18)]) {
      stream!.send(data);
      await until(data.slice(0, 9), () => text.endsWith(`${data}\n\n`));
    }
    stream!.close();
    await within("the end", once(body, "end"));
    expect(text).toMatch(/^data: one\n\ndata: two\n\n/);
  });

  it("gets a refusal, a 204 and the answer to a HEAD", async () => {
    const app = await appWith((app) => app.get("/", (_request, reply) => reply.sse(["one"], { once: true })));
    const finished = await app.inject({ url: "/", headers: { ...ACCEPT, "last-event-id": "1~end" } });
    expect([finished.statusCode, finished.payload]).toEqual([204, ""]);
    const head = await app.inject({ url: "/", method: "HEAD" });
    expect([head.statusCode, head.payload, head.headers["content-type"]]).toEqual([
      200,
      "",
      "text/event-stream",
    ]);
  });

  const failing = (app: FastifyInstance): unknown =>
    app.get("/", (_request, reply) =>
      reply.sse(async function* () {
        yield "one";
        await pause(5);
        throw new Error("broken");
      }),
    );

  it("fails when the source fails after its first item", async () => {
    consoleError();
    const app = await appWith(failing);
    await expect(within("the response", app.inject({ url: "/" }))).rejects.toThrow("response destroyed");
  });

  it("gets a stream that breaks off, with payloadAsStream, when the source fails after its first item", async () => {
    consoleError();
    const app = await appWith(failing);
    const response = await app.inject({ url: "/", payloadAsStream: true });
    const ended = once(response.stream().resume(), "end");
    await expect(within("the end", ended)).rejects.toThrow("response destroyed");
  });

  it("gets the streams that app.close() closes", async () => {
    const app = await appWith((app) => app.get("/", (_request, reply) => void reply.sse()));
    const response = app.inject({ url: "/" });
    await pause(50);
    await within("app.close()", app.close());
    expect((await within("the response", response)).payload).toMatch(/^retry: \d+\n\n$/);
  });
});

async function listenOn(app: FastifyInstance): Promise<{ url: string }> {
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => within("app.close()", app.close()).then(() => {}));
  return { url };
}

async function readAll(url: string): Promise<string[]> {
  return new StreamReader(await fetch(url, { headers: ACCEPT })).allData();
}

/** Opens two streams, each on its connection, and returns a function that tells what was received. */
function readHttp1(url: string): () => string {
  const clients = [1, 2].map(() => new RawClient(url).request("GET", "/", ACCEPT));
  return () => clients.map((client) => client.text).join("");
}

/** The same on one connection. */
function readHttp2(url: string): () => string {
  const session: ClientHttp2Session = connect(url);
  onTestFinished(() => session.destroy());
  let text = "";
  for (let i = 0; i < 2; i++) {
    session.request({ ":path": "/", ...ACCEPT }).on("data", (chunk) => (text += String(chunk)));
  }
  return () => text;
}
