import { createGate, pause, until, within } from "@ssekit/conformance";
import type { EventStream, Source } from "@ssekit/fastify";
import type { FastifyReply, FastifyRequest } from "fastify";
import { describe, expect, expectTypeOf, it } from "vitest";
import { start } from "./support/start.js";

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

describe("a handler may", () => {
  it.each<[string, Handler]>([
    ["return nothing", (_request, reply) => void endWithOne(reply.sse())],
    ["return the stream", (_request, reply) => endWithOne(reply.sse())],
    ["return reply", (_request, reply) => (endWithOne(reply.sse()), reply)],
    ["be async", async (_request, reply) => void endWithOne(reply.sse())],
    ["be async and return the stream", async (_request, reply) => endWithOne(reply.sse())],
    ["be async and return reply", async (_request, reply) => (endWithOne(reply.sse()), reply)],
    [
      "be async and wait before and after",
      async (_request, reply) => {
        await pause(5);
        const stream = reply.sse();
        await pause(5);
        endWithOne(stream);
        await stream.closed;
      },
    ],
    ["return the promise of a source", (_request, reply) => reply.sse(["one"])],
    ["await a source", async (_request, reply) => void (await reply.sse(["one"]))],
    ["not wait for a source", (_request, reply) => void reply.sse(["one"])],
    ["be async and not wait for a slow source", async (_request, reply) => void reply.sse(slow)],
    ["await a slow source", async (_request, reply) => void (await reply.sse(slow))],
  ])("%s", async (_what, handler) => {
    const { read, reported, events } = await start((app) => app.get("/", handler as never));
    const reader = await read();
    expect(await within("the end", reader.allData())).toEqual(["one"]);
    await until("the close", () => events.streams.size === 0);
    expect(reported).toEqual([]);
  });

  it("send events before and after the head", async () => {
    let stream: EventStream | undefined;
    const { read } = await start((app) =>
      app.get("/", async (_request, reply) => {
        stream = reply.sse<{ tick: number }>();
        stream.send({ event: "tick", data: 1 });
      }),
    );
    const reader = await read();
    await reader.untilData("1");
    stream!.send({ event: "tick", data: 2 });
    await reader.untilData("2");
    expect(reader.events.map(({ type }) => type)).toEqual(["tick", "tick"]);
  });

  it("await reply.sse(maybeSource) in both cases, and its type demands it", async () => {
    for (const source of [undefined, ["one"]] as (Source | undefined)[]) {
      const { read } = await start((app) =>
        app.get("/", async (_request, reply) => {
          const returned = reply.sse(source);
          expectTypeOf(returned).toEqualTypeOf<EventStream | Promise<EventStream>>();
          expect(returned instanceof Promise).toBe(source !== undefined);
          const stream = await returned;
          if (source === undefined) endWithOne(stream);
        }),
      );
      expect(await (await read()).allData()).toEqual(["one"]);
    }
  });
});

describe("an error of the source before its first item", () => {
  const early = Object.assign(new Error("early"), { statusCode: 418 });
  const fails: Source = () => pause(5).then(() => Promise.reject(early));

  it.each<[string, Handler]>([
    ["awaits the source", async (_request, reply) => void (await reply.sse(fails))],
    ["returns the promise", (_request, reply) => reply.sse(fails)],
    ["waits for nothing", (_request, reply) => void reply.sse(fails)],
    ["is async and waits for nothing", async (_request, reply) => void reply.sse(fails)],
    ["is async and leaves a chain behind", async (_request, reply) => void reply.sse(fails).catch(() => {})],
    [
      "returns the promise of a source that throws at once",
      (_request, reply) =>
        reply.sse(() => {
          throw early;
        }),
    ],
    [
      "waits for nothing while a source throws at once",
      (_request, reply) =>
        void reply.sse(() => {
          throw early;
        }),
    ],
  ])("reaches setErrorHandler once when the handler %s", async (_what, handler) => {
    const errors: unknown[] = [];
    const { request, events } = await start((app) => {
      app.setErrorHandler((error, _request, reply) => {
        errors.push(error);
        return reply.code(418).send({ sorry: true });
      });
      app.get("/", handler as never);
    });
    const response = await request();
    expect(response.status).toBe(418);
    expect(await response.json()).toEqual({ sorry: true });
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(response.headers.has("x-accel-buffering")).toBe(false);
    await pause(20);
    expect(errors).toEqual([early]);
    expect(events.streams.size).toBe(0);
  });

  it("can be caught, and answered by the handler, also after a while", async () => {
    const { request } = await start((app) =>
      app.get("/", async (_request, reply) => {
        try {
          return await reply.sse(fails);
        } catch (error) {
          await pause(20);
          return reply.code(503).send(`caught ${(error as Error).message}`);
        }
      }),
    );
    const response = await request();
    expect([response.status, await response.text()]).toEqual([503, "caught early"]);
  });

  it("lets the error handler open a stream itself", async () => {
    const { read } = await start((app) => {
      app.setErrorHandler((_error, _request, reply) => reply.code(200).sse(["instead"]));
      app.get("/", (_request, reply) => reply.sse(fails));
    });
    expect(await (await read()).allData()).toEqual(["instead"]);
  });

  it("of wrong options is thrown without a source, and rejects with one", async () => {
    const expected = expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" });
    const wrong = { heartbeat: "often" } as never;
    const { read, request } = await start((app) => {
      app.get("/", async (_request, reply) => {
        expect(() => reply.sse(undefined, wrong)).toThrow(expected);
        await expect(reply.sse(["one"], wrong)).rejects.toThrow(expected);
        endWithOne(reply.sse());
      });
      app.get("/unawaited", (_request, reply) => void reply.sse(["one"], wrong));
    });
    expect(await (await read()).allData()).toEqual(["one"]);
    expect((await request("/unawaited")).status).toBe(500);
  });
});

describe("another answer takes the place of the stream, without its headers, when", () => {
  it.each<[string, Handler]>([
    [
      "the handler throws after reply.sse()",
      (_request, reply) => {
        reply.sse();
        throw new Error("sorry");
      },
    ],
    [
      "an async handler throws after reply.sse()",
      async (_request, reply) => {
        reply.sse();
        throw new Error("sorry");
      },
    ],
    [
      "an async handler throws after reply.sse(source)",
      async (_request, reply) => {
        await reply.sse(() => {});
        throw new Error("sorry");
      },
    ],
    [
      "the handler sends something",
      (_request, reply) => (reply.sse(), reply.code(500).send({ message: "sorry" })),
    ],
    [
      "an async handler returns something",
      async (_request, reply) => (reply.sse(), reply.code(500), { message: "sorry" }),
    ],
  ])("%s", async (_what, handler) => {
    let closed: unknown;
    const { request, reported, events } = await start(
      (app) => {
        app.addHook("onRequest", async (_request, reply) => void reply.header("x-accel-buffering", "yes"));
        app.get("/", handler as never);
      },
      { onClose: (_stream, reason) => (closed = reason) },
    );
    const response = await request();
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ message: "sorry" });
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(response.headers.has("cache-control")).toBe(false);
    expect(response.headers.get("x-accel-buffering")).toBe("yes");
    expect(closed).toBe("error");
    expect(reported).toMatchObject([{ code: "ERR_SSE_NOT_SENT" }]);
    expect(events.streams.size).toBe(0);
  });

  it("an onSend hook fails", async () => {
    const { request, events } = await start((app) => {
      app.addHook("onSend", async (_request, _reply, payload) => {
        if (typeof payload === "object") throw new Error("the hook failed");
        return payload;
      });
      app.get("/", (_request, reply) => void reply.sse());
    });
    const response = await request();
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ message: "the hook failed" });
    await until("the close", () => events.streams.size === 0);
  });

  it("the handler throws while an onSend hook still runs", async () => {
    const gate = createGate();
    const { request, events } = await start((app) => {
      app.addHook("onSend", async (_request, _reply, payload) => {
        if (typeof payload === "object") await gate.opened;
        return payload;
      });
      app.get("/", async (_request, reply) => {
        reply.sse().send("one");
        await pause(20);
        setImmediate(gate.open);
        throw new Error("sorry");
      });
    });
    const response = await request();
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ message: "sorry" });
    expect(events.streams.size).toBe(0);
  });

  it("a timer sends something before a slow source has its first item", async () => {
    let signal: AbortSignal | undefined;
    const { request, events } = await start((app) =>
      app.get("/", (_request, reply) => {
        setTimeout(() => reply.code(503).send("too slow"), 10);
        const opening = reply.sse((stream) => {
          signal = stream.signal;
          return new Promise(() => {});
        });
        opening.catch(() => {});
      }),
    );
    const response = await request();
    expect([response.status, await response.text()]).toEqual([503, "too slow"]);
    await until("the abort", () => signal!.aborted);
    await until("the close", () => events.streams.size === 0);
  });
});

describe("after the head", () => {
  it("an error of the handler goes to onError, and the response breaks off after what was sent", async () => {
    const error = new Error("late");
    const { read, reported } = await start((app) =>
      app.get("/", async (_request, reply) => {
        reply.sse().send("one");
        await pause(50);
        throw error;
      }),
    );
    const reader = await read();
    expect(await within("the end", reader.ended)).toBe(false);
    expect(reader.events.map(({ data }) => data)).toEqual(["one"]);
    expect(reported).toEqual([error]);
  });

  it("a handlerTimeout breaks the stream off", async () => {
    const { read, events } = await start((app) =>
      app.get("/", { handlerTimeout: 100 }, (_request, reply) => void reply.sse().send("one")),
    );
    expect(await within("the end", (await read()).ended)).toBe(false);
    await until("the close", () => events.streams.size === 0);
  });

  it("reply.send() is reported, and the stream goes on", async () => {
    const { read, reported } = await start((app) =>
      app.get("/", async (_request, reply) => {
        const stream = reply.sse();
        stream.send("one");
        await pause(50);
        reply.send("something else");
        stream.send("two");
        stream.end();
      }),
    );
    expect(await (await read()).allData()).toEqual(["one", "two"]);
    expect(reported).toMatchObject([{ code: "ERR_SSE_HEADERS_SENT" }]);
  });
});

it("reply.sse() after an answer throws, and the answer stays", async () => {
  const errors: unknown[] = [];
  const { request } = await start((app) => {
    for (const [path, open] of [
      ["/sent", (reply: FastifyReply) => reply.send("done")],
      ["/hijacked", (reply: FastifyReply) => (reply.hijack(), reply.raw.end("done"))],
    ] as const) {
      app.get(path, (_request, reply) => {
        open(reply);
        try {
          reply.sse();
        } catch (error) {
          errors.push(error);
        }
      });
    }
  });
  for (const path of ["/sent", "/hijacked"]) expect(await (await request(path)).text()).toBe("done");
  expect(errors).toMatchObject([{ code: "ERR_SSE_HEADERS_SENT" }, { code: "ERR_SSE_HEADERS_SENT" }]);
});

it("a client that left while the handler waited gets no stream, and its source is not started", async () => {
  const gate = createGate();
  let started = 0;
  let reason: unknown;
  const arrived = createGate();
  const { request, reported } = await start((app) =>
    app.get("/", async (_request, reply) => {
      arrived.open();
      await gate.opened;
      const stream = await reply.sse(() => void started++);
      reason = await stream.closed;
    }),
  );
  const client = new AbortController();
  const response = request("/", { signal: client.signal }).catch(() => {});
  await within("the request", arrived.opened);
  client.abort();
  await response;
  await pause(50);
  gate.open();
  await until("the close", () => reason !== undefined);
  expect([reason, started, reported]).toEqual(["client", 0, []]);
});

async function* slow(): AsyncGenerator<string> {
  await pause(100);
  yield "one";
}

function endWithOne(stream: EventStream): EventStream {
  stream.send("one");
  stream.end();
  return stream;
}
