import { createServer } from "node:http";
import { constants } from "node:zlib";
import { createGate, listen, pause, StreamReader, until, within } from "@ssekit/conformance";
import { EventStreamServer, sse, type EventStream, type Source } from "@ssekit/koa";
import Koa, { type Middleware } from "koa";
import Koa2 from "koa2";
import compress from "koa-compress";
import { describe, expect, it, onTestFinished, vi } from "vitest";

const EVENTS = { accept: "text/event-stream" };

describe.each([
  ["Koa 3", Koa],
  ["Koa 2", Koa2],
])("in the middleware chain of %s,", (_name, create) => {
  /** Starts an app with these middleware functions, and with `sse` before the last. `appErrors` has what the app emits as `error`. */
  async function start(...chain: Middleware[]) {
    const events = new EventStreamServer();
    const appErrors: unknown[] = [];
    const app = new create();
    app.on("error", (error) => appErrors.push(error));
    const [last, ...before] = chain.toReversed();
    for (const middleware of [...before.toReversed(), sse(events), last!]) app.use(middleware);
    const { url, cut, close } = await listen(createServer(app.callback()));
    onTestFinished(() => (cut(), close()));
    return { url, events, appErrors };
  }

  it("headers and cookies that are set after next() are on the response", async () => {
    const { url } = await start(
      async (ctx, next) => {
        await next();
        ctx.set("x-after", "yes");
        ctx.cookies.set("seen", "1");
      },
      (ctx) => void ctx.sse(),
    );
    const response = await fetch(url, { headers: EVENTS });
    expect(response.headers.get("x-after")).toBe("yes");
    expect(response.headers.get("set-cookie")).toContain("seen=1");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    await response.body!.cancel();
  });

  it("an error of the source before its first item reaches try { await next() }, and the body is untouched", async () => {
    const early = Object.assign(new Error("early"), { status: 418 });
    const caught: unknown[] = [];
    const { url, appErrors } = await start(
      async (ctx, next) => {
        try {
          await next();
        } catch (error) {
          caught.push(error, ctx.body, ctx.res.hasHeader("content-type"));
          ctx.status = 418;
          ctx.body = "caught";
        }
      },
      (ctx) => ctx.sse(() => pause(5).then(() => Promise.reject(early))),
    );
    const response = await fetch(url, { headers: EVENTS });
    expect([response.status, await response.text()]).toEqual([418, "caught"]);
    expect(caught).toEqual([early, undefined, false]);
    expect(appErrors).toEqual([]);
  });

  it("ctx.body is a real stream, which middleware can wrap", async () => {
    const { url } = await start(
      async (ctx, next) => {
        await next();
        const body = ctx.body as NodeJS.ReadableStream;
        expect(typeof body.pipe).toBe("function");
        const { PassThrough } = await import("node:stream");
        ctx.body = body.pipe(new PassThrough());
      },
      (ctx) => ctx.sse(["one", "two"]),
    );
    expect(await new StreamReader(await fetch(url, { headers: EVENTS })).allData()).toEqual(["one", "two"]);
  });

  it("koa-compress that flushes sends each event at once, if Cache-Control allows compression", async () => {
    const streams: EventStream[] = [];
    const { url, appErrors } = await start(
      compress({ threshold: 0, br: false, gzip: { flush: constants.Z_SYNC_FLUSH } }) as Middleware,
      (ctx) => {
        ctx.set("cache-control", "no-cache");
        streams.push(ctx.sse());
      },
    );
    const response = await fetch(url, { headers: { ...EVENTS, "accept-encoding": "gzip" } });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const reader = new StreamReader(response);
    for (let i = 0; i < 5; i++) {
      streams[0]!.send(`event ${i}`);
      await reader.untilData(`event ${i}`);
    }
    streams[0]!.end();
    await reader.all();
    expect(reader.events).toHaveLength(6);
    expect(appErrors).toEqual([]);
  });

  it("P14: behind koa-compress too, the response of a source that fails breaks off after the events before the error", async () => {
    async function* source(): AsyncGenerator<string> {
      yield "one";
      throw new Error("broken");
    }
    const { url, appErrors } = await start(
      compress({ threshold: 0, br: false, gzip: { flush: constants.Z_SYNC_FLUSH } }) as Middleware,
      (ctx) => {
        ctx.set("cache-control", "no-cache");
        return ctx.sse(source, { onError() {} });
      },
    );
    const response = await fetch(url, { headers: { ...EVENTS, "accept-encoding": "gzip" } });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const reader = new StreamReader(response);
    expect(await within("the end", reader.ended)).toBe(false);
    expect(reader.events.map((event) => event.data)).toEqual(["one"]);
    expect(appErrors).toEqual([]);
  });

  it("P14: a stream that fails breaks off although its wrapper never passes its events on", async () => {
    async function* source(): AsyncGenerator<string> {
      yield "one";
      throw new Error("broken");
    }
    const { url } = await start(
      async (ctx, next) => {
        await next();
        const { Transform } = await import("node:stream");
        ctx.body = (ctx.body as NodeJS.ReadableStream).pipe(new Transform({ transform() {} }));
      },
      (ctx) => ctx.sse(source, { onError() {} }),
    );
    const received = fetch(url, { headers: EVENTS }).then((response) => response.text());
    await expect(within("the end", received)).rejects.toThrow(/fetch failed|terminated/);
  });

  it("P14: a stream that fails breaks off after its events have come out of a wrapper that is slow", async () => {
    async function* source(): AsyncGenerator<string> {
      yield "one";
      throw new Error("broken");
    }
    const { url } = await start(
      async (ctx, next) => {
        await next();
        const { Transform } = await import("node:stream");
        const slow = new Transform({
          transform: (chunk, _encoding, done) => void setTimeout(() => done(null, chunk), 300),
        });
        ctx.body = (ctx.body as NodeJS.ReadableStream).pipe(slow);
      },
      (ctx) => ctx.sse(source, { onError() {} }),
    );
    const reader = new StreamReader(await fetch(url, { headers: EVENTS }));
    expect(await within("the end", reader.ended)).toBe(false);
    expect(reader.events.map((event) => event.data)).toEqual(["one"]);
  });

  it("koa-compress does not compress our streams, which say no-transform", async () => {
    const { url } = await start(compress({ threshold: 0 }) as Middleware, (ctx) => ctx.sse(["one"]));
    const response = await fetch(url, { headers: { ...EVENTS, "accept-encoding": "gzip" } });
    expect(response.headers.has("content-encoding")).toBe(false);
    expect(await new StreamReader(response).allData()).toEqual(["one"]);
  });

  it.each(["while nothing is sent", "in the middle of an event", "while its stream is wrapped"])(
    "a client that leaves %s causes no error of the app",
    async (when) => {
      const streams: EventStream[] = [];
      const { url, appErrors, events } = await start(
        async (ctx, next) => {
          await next();
          if (when !== "while its stream is wrapped") return;
          const { PassThrough } = await import("node:stream");
          ctx.body = (ctx.body as NodeJS.ReadableStream).pipe(new PassThrough());
        },
        (ctx) => void streams.push(ctx.sse()),
      );
      const client = new AbortController();
      const response = await fetch(url, { headers: EVENTS, signal: client.signal });
      await response.body!.getReader().read();
      if (when === "in the middle of an event") streams[0]!.send("x".repeat(8 << 20));
      await pause(10);
      client.abort();
      expect(await within("closed", streams[0]!.closed)).toBe("client");
      await pause(20);
      expect(appErrors).toEqual([]);
      expect(events.streams.size).toBe(0);
    },
  );

  it("an error of a stream that wraps ours is still an error of the app", async () => {
    const { PassThrough } = await import("node:stream");
    const wrapper = new PassThrough();
    const { url, appErrors } = await start(
      async (ctx, next) => {
        await next();
        ctx.body = (ctx.body as NodeJS.ReadableStream).pipe(wrapper);
      },
      (ctx) => void ctx.sse(),
    );
    const response = await fetch(url, { headers: EVENTS });
    wrapper.destroy(new Error("the wrapper broke"));
    await until("the error", () => appErrors.length > 0);
    expect(appErrors[0]).toMatchObject({ message: "the wrapper broke" });
    await response.body!.cancel().catch(() => {}); // Koa 2 does not end it
  });

  it("an app error with the code of a client that left is answered like any other error", async () => {
    const error = Object.assign(new Error("the database went away"), { code: "ECONNRESET" });
    const { url, events, appErrors } = await start((ctx) => {
      ctx.sse();
      throw error;
    });
    const response = await within("the answer", fetch(url, { headers: EVENTS }));
    expect(response.status).toBe(500);
    await response.text();
    expect(appErrors).toEqual([error]);
    await until("the stream is over", () => events.streams.size === 0);
  });

  it("a source that is not awaited gets no response, and the rejection says why", async () => {
    const onError = vi.fn();
    const source: Source = () => pause(20).then(() => ["late"]);
    let rejection: unknown;
    const { url, events } = await start((ctx) => {
      ctx.sse(source, { onError }).catch((error: unknown) => (rejection = error));
    });
    const response = await fetch(url, { headers: EVENTS });
    expect(response.status).toBe(404);
    await response.text();
    await until("the rejection", () => rejection !== undefined);
    expect(rejection).toMatchObject({
      code: "ERR_SSE_HEADERS_SENT",
      message: expect.stringContaining("Return or await"),
    });
    expect(onError).toHaveBeenCalledExactlyOnceWith(rejection, expect.anything());
    expect(events.streams.size).toBe(0);
  });

  it.each(["throws", "replaces the body"])(
    "a handler that %s after ctx.sse() answers without the headers of the stream",
    async (how) => {
      const closed: unknown[] = [];
      const { url, events, appErrors } = await start(
        async (ctx, next) => {
          ctx.set("x-accel-buffering", "yes");
          try {
            await next();
          } catch {
            ctx.status = 500;
            ctx.body = { error: "sorry" };
          }
        },
        (ctx) => {
          const stream = ctx.sse(() => {}, { onError: () => {} });
          void stream.then((opened) => opened.closed).then((reason) => closed.push(reason));
          return stream.then(() => {
            if (how === "throws") throw new Error("on purpose");
            ctx.body = { error: "sorry" };
          });
        },
      );
      const response = await fetch(url, { headers: EVENTS });
      expect(await response.json()).toEqual({ error: "sorry" });
      expect(response.headers.get("content-type")).toMatch(/^application\/json/);
      expect(response.headers.has("cache-control")).toBe(false);
      expect(response.headers.get("x-accel-buffering")).toBe("yes");
      await until("the stream to be over", () => closed.length > 0);
      expect(closed).toEqual(["error"]);
      expect([events.streams.size, appErrors]).toEqual([0, []]);
    },
  );

  it("an uncaught error closes the stream with the reason error", async () => {
    let stream: EventStream | undefined;
    const { url, appErrors } = await start((ctx) => {
      stream = ctx.sse();
      throw new Error("on purpose");
    });
    const spy = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => spy.mockRestore());
    const response = await fetch(url, { headers: EVENTS });
    expect(response.status).toBe(500);
    expect(await within("closed", stream!.closed)).toBe("error");
    expect(appErrors).toMatchObject([{ message: "on purpose" }]);
  });

  it.each(["before", "after"])(
    "a stream has status 200, although the app sets another status %s it",
    async (when) => {
      const { url } = await start((ctx) => {
        if (when === "before") ctx.status = 201;
        ctx.sse().end();
        if (when === "after") ctx.status = 201;
      });
      expect((await fetch(url, { headers: EVENTS })).status).toBe(200);
    },
  );

  it("onError gets one error when a handler still waits, so that nothing is sent", async () => {
    const gate = createGate();
    const onError = vi.fn();
    const { url } = await start(async (ctx) => {
      await ctx.sse(() => {}, { onError });
      await gate.opened;
    });
    const response = fetch(url, { headers: EVENTS });
    await until("the error", () => onError.mock.calls.length > 0);
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: "ERR_SSE_NOT_SENT", message: expect.stringContaining("return") }),
      expect.anything(),
    );
    gate.open();
    await (await response).body!.cancel();
    await pause(1_100);
    expect(onError).toHaveBeenCalledOnce();
  });

  it("onError gets no error when the handler has returned", async () => {
    const onError = vi.fn();
    const { url } = await start((ctx) => ctx.sse(() => {}, { onError }));
    const response = await fetch(url, { headers: EVENTS });
    await pause(1_200);
    await response.body!.cancel();
    expect(onError).not.toHaveBeenCalled();
  });

  it("sse() takes options, and says what is wrong with them when it is called", () => {
    expect(() => sse({ heartbeat: 1_000, maxStreams: 5 })).not.toThrow();
    expect(() => sse({ hearbeat: 1_000 } as never)).toThrow(/hearbeat: no such option/);
    expect(() => sse("options" as never)).toThrow(
      expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
    );
  });

  it("app.use(sse), without the call, says so at the first request", async () => {
    const { url, appErrors } = await start(sse as unknown as Middleware, (ctx) => void (ctx.body = "hello"));
    expect((await fetch(url)).status).toBe(500);
    expect(appErrors).toMatchObject([{ message: expect.stringContaining("app.use(sse())") }]);
  });
});
