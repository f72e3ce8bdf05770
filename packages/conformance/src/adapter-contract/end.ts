import type { EventMessage } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { never } from "../support/within.js";

/** A finished stream is never started again. With `once`, a broken one is not started again either. */
export function endContract(adapter: Adapter): void {
  describe("end()", () => {
    const cases: [string, EventMessage | undefined, string][] = [
      ["by default", undefined, "event: end\nid: 7~end\ndata:\n\n"],
      [
        "with a message",
        { event: "done", data: { ok: true } },
        'event: done\nid: 7~end\ndata: {"ok":true}\n\n',
      ],
      ["with a message that has only an id", { id: "9" }, "event: end\nid: 9~end\ndata:\n\n"],
    ];
    it.each(cases)("sends a last event with an id that ends in ~end %s", async (_name, message, last) => {
      const app = await startApp(adapter, {
        path: "/",
        onStream(stream) {
          stream.send({ id: "7", data: "one" });
          stream.end(message);
          expect(stream.send("late")).toBe(false);
        },
      });
      const reader = await app.read("/");
      await reader.all();
      expect(reader.text).toBe(`retry: 3000\n\nid: 7\ndata: one\n\n${last}`);
      expect(app.closeReasons).toEqual(["ended"]);
    });

    it("sends no extra event in the response to a POST whose Accept header does not name event streams", async () => {
      const app = await startApp(adapter, { path: "/", source: ["one"] });
      const plain = await app.read("/", { method: "POST", headers: { accept: "*/*" } });
      expect((await plain.all()).map((event) => event.type)).toEqual(["message"]);
      const named = await app.read("/", { method: "POST" });
      expect((await named.all()).map((event) => event.type)).toEqual(["message", "end"]);
    });
  });

  describe("P11: a request whose Last-Event-ID", () => {
    it.each(["~end", "7~end", "…~end"])(
      "header is %s gets 204, and the source is not started",
      async (id) => {
        let started = 0;
        const app = await startApp(adapter, { path: "/", source: () => void started++ });
        const header = Buffer.from(id).toString("latin1");
        const response = await app.request("/", { headers: { ...ACCEPT, "last-event-id": header } });
        expect(response.status).toBe(204);
        expect(response.headers.get("cache-control")).toBe("no-store");
        expect(started).toBe(0);
        expect(app.events.streams.size).toBe(0);
      },
    );

    it("header contains ~end, but not at its end, gets the stream", async () => {
      const app = await startApp(adapter, { path: "/", source: ["one"] });
      const reader = await app.read("/", { headers: { "last-event-id": "~end~end~x" } });
      expect(await reader.allData()).toEqual(["one"]);
    });

    it("query parameter ends in ~end gets the stream, because a page may have stored the id of an old answer", async () => {
      const app = await startApp(adapter, { path: "/", source: ["one"] });
      const reader = await app.read("/?lastEventId=7~end");
      expect(reader.response.status).toBe(200);
      expect(await reader.allData()).toEqual(["one"]);
    });
  });

  describe("once", () => {
    it("starts with an event that gives the client an id for reconnecting", async () => {
      const app = await startApp(adapter, { path: "/", source: ["one"], options: { once: true } });
      const reader = await app.read("/");
      const events = await reader.all();
      expect(events.map((event) => event.type)).toEqual(["start", "message", "end"]);
      expect(events[0]!.lastEventId).not.toBe("");
    });

    it("P11: responds with 204 to any Last-Event-ID header, even if the connection broke before the end", async () => {
      let started = 0;
      async function* source(): AsyncGenerator<string> {
        started++;
        yield "one";
        await never();
      }
      const app = await startApp(adapter, { path: "/", source, options: { once: true } });
      const reader = await app.read("/");
      const [start] = await reader.take(2);
      app.cut();
      expect(await reader.ended).toBe(false);
      for (const id of [start!.lastEventId, "7", "~end"]) {
        const response = await app.request("/", { headers: { ...ACCEPT, "last-event-id": id } });
        expect(response.status).toBe(204);
        expect(response.headers.get("cache-control")).toBe("no-store");
      }
      expect(started).toBe(1);
    });

    it("treats a page whose query has the id of another stream as a new client", async () => {
      const app = await startApp(adapter, { path: "/", source: ["one"], options: { once: true } });
      const reader = await app.read("/?lastEventId=7");
      expect(await reader.allData()).toContain("one");
    });
  });
}
