import { createAdaptorServer } from "@hono/node-server";
import { listen } from "@ssekit/conformance";
import { EventStreamServer, sse, type EventStream } from "@ssekit/hono";
import { readEvents } from "@ssekit/testing";
import { Hono, type MiddlewareHandler } from "hono";
import { setCookie } from "hono/cookie";
import { describe, expect, it, onTestFinished, vi } from "vitest";

const EVENTS = { headers: { accept: "text/event-stream" } };

describe("c.var.sse()", () => {
  it("keeps headers and cookies that are set before it or by middleware after next()", async () => {
    const app = new Hono();
    app.use(async (c, next) => {
      c.header("x-before", "yes");
      setCookie(c, "one", "1");
      await next();
      c.header("x-after", "yes");
      setCookie(c, "two", "2");
    });
    app.use(sse());
    app.get("/", (c) => {
      c.header("x-handler", "yes");
      return c.var.sse(["one"]);
    });
    const response = await app.request("/", EVENTS);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "x-before": "yes",
      "x-handler": "yes",
      "x-after": "yes",
    });
    expect(response.headers.getSetCookie().map((cookie) => cookie.split(";")[0])).toEqual(["one=1", "two=2"]);
    expect((await readEvents(response, 2)).map(({ data }) => data)).toEqual(["one", ""]);
  });

  it("gives the stream to a function, and keeps it open when the function returns nothing", async () => {
    const events = new EventStreamServer();
    const app = new Hono().use(sse(events));
    let stream: EventStream | undefined;
    app.get("/", (c) => c.var.sse((opened) => void (stream = opened)));
    const response = await app.request("/", EVENTS);
    stream!.send({ event: "tick", data: 1 });
    expect(await readEvents(response, 1)).toEqual([{ type: "tick", data: "1", lastEventId: "" }]);
    expect(await stream!.closed).toBe("client");
    expect(events.streams.size).toBe(0);
  });

  it("passes an error before the first item to app.onError, which may open a stream itself", async () => {
    const app = new Hono().use(sse());
    app.get("/", (c) => c.var.sse(() => Promise.reject(new Error("early"))));
    app.onError((error, c) => c.var.sse([error.message]));
    expect((await readEvents(await app.request("/", EVENTS), 1))[0]!.data).toBe("early");
  });

  it.each([
    ["as the environment", (server: object) => server],
    ["in the environment", (server: object) => ({ server })],
  ])("turns off the idle timeout of Bun's server, if it is passed %s", async (_how, env) => {
    const timeout = vi.fn();
    const app = new Hono().use(sse());
    app.get("/", (c) => c.var.sse(["one"]));
    const request = new Request("http://test/", EVENTS);
    const response = await app.fetch(request, env({ timeout }));
    expect(timeout).toHaveBeenCalledExactlyOnceWith(request, 0);
    await response.text();
  });

  it("is added by sse(options), which throws at the call if an option is wrong", async () => {
    const app = new Hono().use(sse({ retry: 7 }));
    app.get("/", (c) => c.var.sse(["one"]));
    expect(await (await app.request("/", EVENTS)).text()).toMatch(/^retry: 7\n\n/);
    expect(() => sse({ hearbeat: 1_000 } as never)).toThrow(/hearbeat: no such option/);
    expect(() => sse("options" as never)).toThrow(
      expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
    );
  });

  it("is not added by app.use(sse), without the call, which says so at the first request", async () => {
    const errors: unknown[] = [];
    const app = new Hono().use(sse as unknown as MiddlewareHandler);
    app.onError((error, c) => (errors.push(error), c.text("sorry", 500)));
    app.get("/", (c) => c.text("hello"));
    expect((await app.request("/")).status).toBe(500);
    expect(errors).toMatchObject([{ message: expect.stringContaining("app.use(sse())") }]);
  });

  it("does not drop a request body that the source reads", async () => {
    const app = new Hono().use(sse());
    app.post("/", (c) =>
      c.var.sse(async function* () {
        yield { data: (await c.req.text()).length };
      }),
    );
    const { url, cut, close } = await listen(createAdaptorServer({ fetch: app.fetch }));
    onTestFinished(() => (cut(), close()));
    const response = await fetch(url, { method: "POST", body: "x".repeat(300_000), ...EVENTS });
    expect((await readEvents(response, 1))[0]!.data).toBe("300000");
  });
});
