import type { EventStream } from "@ssekit/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { ACCEPT, startApp } from "../support/start-app.js";

const latin1 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

// An HTTP server accepts only these bytes in a header value, besides HTAB: all from SP on, except DEL.
const headerBytes = fc
  .array(
    fc.integer({ min: 0x20, max: 0xff }).filter((byte) => byte !== 0x7f),
    { maxLength: 40 },
  )
  .map((bytes) => String.fromCharCode(...bytes));

const ids = fc.oneof(
  headerBytes,
  fc
    .string({ unit: "grapheme" })
    .filter((text) => !/[\0-\x1f\x7f]/.test(text))
    .map(latin1),
  fc.constantFrom(
    "__proto__", "constructor", "~end", "~end~end", "~END", " ~end ", "x\t~end", "0", "-1", "undefined", "null", "~start",
    latin1("…~end"), latin1("\ufeff1"), "\xff\xfe", "\xed\xa0\x80", "%00", "../..", "1-1", "a".repeat(10_000),
    "é".repeat(5_000), "a".repeat(10_000) + "~end",
  ), // prettier-ignore
);

/** P12, and the property `lastEventId` of a stream. */
export function lastEventIdContract(adapter: Adapter): void {
  describe("P12: a last event ID", () => {
    const source = (): string[] => ["one"];
    const routes = [
      { path: "/", source },
      { path: "/once", source, options: { once: true } },
      { path: "/broken", source: () => Promise.reject(new Error("broken")) },
    ];
    it.each(["/", "/once", "/broken"])("always gets the status 200 or 204 on %s", async (path) => {
      const app = await startApp(adapter, routes);
      await fc.assert(
        fc.asyncProperty(ids, async (id) => {
          fc.pre(path !== "/broken" || id.trim() !== ""); // without an id it is a first request, which gets the error
          const response = await app.request(path, { headers: { ...ACCEPT, "last-event-id": id } });
          expect([200, 204]).toContain(response.status);
          await response.body?.cancel();
        }),
        { numRuns: 2 * (adapter.runs ?? 100) },
      );
    });

    it("in the query always gets the status 200", async () => {
      const app = await startApp(adapter, routes);
      const queries = fc.oneof(
        fc
          .string({ unit: "binary" })
          .map((id) => `lastEventId=${encodeURIComponent(id.replaceAll(/\p{Cs}/gu, ""))}`),
        fc.constantFrom(
          "lastEventId",
          "lastEventId=%",
          "lastEventId=%ff%00",
          "lastEventId=a&lastEventId=b",
          "?&&=",
        ),
        fc.constantFrom("lastEventId[x]=1", "lastEventId=%f0%9f", `lastEventId=${"a".repeat(10_000)}`),
      );
      await fc.assert(
        fc.asyncProperty(queries, async (query) => {
          const response = await app.request(`/?${query}`, { headers: ACCEPT });
          expect(response.status).toBe(200);
          await response.body?.cancel();
        }),
        { numRuns: adapter.runs ?? 100 },
      );
    });
  });

  describe("lastEventId", () => {
    async function lastEventIdOf(
      query: string,
      headers: Record<string, string> = {},
    ): Promise<string | undefined> {
      const streams: EventStream[] = [];
      const app = await startApp(adapter, { path: "/", onStream: (stream) => void streams.push(stream) });
      await app.request(`/${query}`, { headers: { ...ACCEPT, ...headers } });
      return streams[0]!.lastEventId;
    }

    it("is undefined on a first request, and for an empty header or parameter", async () => {
      expect(await lastEventIdOf("")).toBe(undefined);
      expect(await lastEventIdOf("", { "last-event-id": "" })).toBe(undefined);
      expect(await lastEventIdOf("?lastEventId=")).toBe(undefined);
    });

    it.each(["7", "…", "漢字 😀", "__proto__", "a, b", "\ufeff1"])(
      "is the text of the header: %s",
      async (id) => {
        expect(await lastEventIdOf("", { "last-event-id": latin1(id) })).toBe(id);
      },
    );

    it("is the header as the server decoded it if it is not UTF-8", async () => {
      expect(await lastEventIdOf("", { "last-event-id": "a\xffb" })).toBe("a\xffb");
    });

    it("is the decoded query parameter", async () => {
      expect(await lastEventIdOf(`?a=b&lastEventId=${encodeURIComponent("漢 &=+~end")}`)).toBe("漢 &=+~end");
    });

    it("is the header if there is also a query parameter", async () => {
      expect(await lastEventIdOf("?lastEventId=query", { "last-event-id": "header" })).toBe("header");
    });

    it("counts as unknown if it is longer than 1 KiB", async () => {
      expect(await lastEventIdOf("", { "last-event-id": "a".repeat(1024) })).toBe("a".repeat(1024));
      expect(await lastEventIdOf("", { "last-event-id": "a".repeat(1025) })).toBe(undefined);
      expect(await lastEventIdOf("", { "last-event-id": latin1("é".repeat(513)) })).toBe(undefined);
      expect(await lastEventIdOf(`?lastEventId=${"a".repeat(1025)}`)).toBe(undefined);
    });
  });
}
