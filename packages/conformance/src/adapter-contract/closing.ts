import type { EventStream, EventStreamOptions } from "@ssekit/core";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { startApp } from "../support/start-app.js";
import { within } from "../support/within.js";

/** The reconnection time that a stream sends at its start and when it closes. */
export function closingContract(adapter: Adapter): void {
  describe("close({ retry })", () => {
    it("tells the client, after what was sent, when to reconnect", async () => {
      let stream: EventStream | undefined;
      const app = await startApp(adapter, { path: "/", onStream: (opened) => (stream = opened) });
      const reader = await app.read("/");
      stream!.send("one");
      stream!.close({ retry: 30_000 });
      await reader.all();
      expect(reader.text).toBe("retry: 3000\n\ndata: one\n\nretry: 30000\n\n");
      expect(await reader.ended).toBe(true);
      expect(await within("closed", stream!.closed)).toBe("closed");
    });

    it("lets a handler refuse a client", async () => {
      const source = (stream: EventStream): void => stream.close({ retry: 30_000 });
      const app = await startApp(adapter, { path: "/", source });
      const reader = await app.read("/");
      await reader.all();
      expect(reader.text).toBe("retry: 3000\n\nretry: 30000\n\n");
    });

    it.each([{ retry: -1 }, { retry: "5" }, { retry: 1.5 }, { after: 5 }, null, 5])(
      "reports what is wrong with %o",
      async (options) => {
        let stream: EventStream | undefined;
        const app = await startApp(adapter, { path: "/", onStream: (opened) => (stream = opened) });
        await app.read("/");
        expect(() => stream!.close(options as never)).toThrow(
          expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
        );
        expect(stream!.send("still open")).toBe(true);
      },
    );
  });

  describe("retry: false", () => {
    it.each<[whose: string, server: EventStreamOptions, options: EventStreamOptions]>([
      ["the server", { retry: false }, {}],
      ["one stream", {}, { retry: false }],
    ])("of %s omits the first block, and the head is still sent at once", async (_whose, server, options) => {
      let stream: EventStream | undefined;
      const onStream = (opened: EventStream): void => void (stream = opened);
      const app = await startApp(adapter, { path: "/", options, onStream }, server);
      const reader = await app.read("/");
      expect(reader.response.status).toBe(200);
      stream!.send("one");
      stream!.close();
      await reader.all();
      expect(reader.text).toMatch(/^(:\n\n)?data: one\n\n$/); // Bun needs a comment to send the head
    });
  });
}
