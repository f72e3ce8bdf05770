import { EventStreamServer, sse } from "@ssekit/express";
import { readEvents } from "@ssekit/testing";
import express from "express";
import express4 from "express4";
import request from "supertest";
import { describe, expect, it } from "vitest";

describe.each([
  ["Express 5", express],
  ["Express 4", express4],
])("an app of %s in a test with supertest", (_name, create) => {
  const events = new EventStreamServer();
  const app = create().use(sse(events));
  app.get("/clock", (_req, res) => {
    const stream = res.sse();
    const timer = setInterval(() => stream.send({ event: "tick", data: { now: Date.now() } }), 5);
    stream.signal.addEventListener("abort", () => clearInterval(timer));
  });
  app.get("/answer", (_req, res) => void res.sse(["Hello", " world"]));

  it("is read until the test has its events, and then the connection closes", async () => {
    const [first, second] = await readEvents(request(app).get("/clock"), 2);
    expect(first).toMatchObject({ type: "tick", lastEventId: "" });
    expect(JSON.parse(second!.data).now).toBeGreaterThanOrEqual(JSON.parse(first!.data).now);
    await expect.poll(() => events.streams.size).toBe(0);
  });

  it("can be read by supertest alone, if the stream ends", async () => {
    const response = await request(app)
      .get("/answer")
      .expect(200)
      .expect("content-type", "text/event-stream");
    expect(response.text).toBe(
      "retry: 3000\n\ndata: Hello\n\ndata:  world\n\nevent: end\nid: ~end\ndata:\n\n",
    );
  });
});

describe("app.use(sse())", () => {
  it("makes a server of its own, which sse(server) does not share", async () => {
    const own = new EventStreamServer();
    const app = express();
    app.use("/default", sse()).get("/default", (_req, res) => void res.sse(["one"]));
    app.use("/own", sse(own)).get("/own", (_req, res) => {
      expect(own.streams.size).toBe(0);
      const stream = res.sse();
      expect([...own.streams]).toEqual([stream]);
      stream.end();
    });
    expect((await readEvents(request(app).get("/default"), 1))[0]!.data).toBe("one");
    expect((await readEvents(request(app).get("/own"), 1))[0]!.type).toBe("end");
    await own.close();
    expect((await readEvents(request(app).get("/default"), 1))[0]!.data).toBe("one");
  });
});
