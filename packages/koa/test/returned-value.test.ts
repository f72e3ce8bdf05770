import { createServer } from "node:http";
import { listen, pause, StreamReader, within } from "@ssekit/conformance";
import { EventStreamServer, sse, type EventStream, type Source } from "@ssekit/koa";
import Koa, { type Context } from "koa";
import Koa2 from "koa2";
import { describe, expect, expectTypeOf, it, onTestFinished } from "vitest";

describe.each([
  ["Koa 3", Koa],
  ["Koa 2", Koa2],
])("what ctx.sse() returns in %s:", (_name, create) => {
  /** Sends a GET to an app with this handler. Returns the response and what the handler got from `ctx.sse`. */
  async function request<T>(open: (ctx: Context) => T) {
    const events = new EventStreamServer();
    const app = new create().use(sse(events));
    let returned: T | undefined;
    app.use(async (ctx) => {
      returned = open(ctx);
      await returned;
    });
    const { url, cut, close } = await listen(createServer(app.callback()));
    onTestFinished(() => (cut(), close()));
    const response = await within("the head", fetch(url, { headers: { accept: "text/event-stream" } }));
    expect(response.status).toBe(200);
    return { reader: new StreamReader(response), returned: returned! };
  }

  it.each<[string, (ctx: Context) => EventStream]>([
    ["ctx.sse()", (ctx) => ctx.sse()],
    ["ctx.sse(undefined)", (ctx) => ctx.sse(undefined)],
    ["ctx.sse(undefined, undefined)", (ctx) => ctx.sse(undefined, undefined)],
    ["ctx.sse(undefined, options)", (ctx) => ctx.sse(undefined, { retry: 7 })],
  ])("%s, which has no source, returns the stream", async (call, open) => {
    const { reader, returned: stream } = await request(open);
    expect(stream.send("one")).toBe(true);
    stream.end();
    expect(await reader.allData()).toEqual(["one"]);
    expect(reader.retries).toEqual([call.includes("options") ? 7 : 3000]);
  });

  it.each<[string, Source]>([
    ["items", ["one"]],
    ["a function", () => pause(5).then(() => ["one"])],
  ])("ctx.sse(source) with %s returns a promise of the stream", async (_kind, source) => {
    const { reader, returned } = await request((ctx) => ctx.sse(source, { retry: 7 }));
    expect(returned).toBeInstanceOf(Promise);
    expect(typeof (await returned).send).toBe("function");
    expect(await reader.allData()).toEqual(["one"]);
    expect(reader.retries).toEqual([7]);
  });

  it("ctx.sse(maybeSource) is awaited in both cases, and its type demands it", async () => {
    for (const source of [undefined, ["one"]] as (Source | undefined)[]) {
      const { reader, returned } = await request((ctx) => ctx.sse(source));
      expectTypeOf(returned).toEqualTypeOf<EventStream | Promise<EventStream>>();
      const stream = await returned;
      if (source === undefined) {
        stream.send("one");
        stream.end();
      }
      expect(await reader.allData()).toEqual(["one"]);
    }
  });

  it("wrong options are thrown without a source, and reject with one", async () => {
    const expected = expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" });
    const wrong = { heartbeat: "often" } as never;
    const { reader } = await request(async (ctx) => {
      expect(() => ctx.sse(undefined, wrong)).toThrow(expected);
      await expect(ctx.sse(["one"], wrong)).rejects.toThrow(expected);
      ctx.sse().end();
    });
    await reader.all();
  });
});
