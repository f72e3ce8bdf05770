import type { EventStream } from "@ssekit/core";
import { describe, expect, it, vi } from "vitest";
import type { Adapter } from "../adapter.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { pause, within } from "../support/within.js";

/** What a client that is cut off leaves in the log of the program. */
export function cutContract(adapter: Adapter): void {
  describe("a client that is cut off because it does not read", () => {
    it("is no error of the app, and leaves no stack trace", async () => {
      const spy = vi.spyOn(console, "error").mockImplementation(() => {});
      try {
        let stream: EventStream | undefined;
        const onStream = (opened: EventStream): void => void (stream = opened);
        const app = await startApp(adapter, { path: "/", onStream });
        await app.request("/", { headers: ACCEPT });
        while (stream!.send("x".repeat(1 << 20))) await pause(1);
        expect(await within("closed", stream!.closed)).toBe("slow");
        await pause(50); // for what is told of it
        expect([app.errors, app.reported, spy.mock.calls]).toEqual([[], [], []]);
      } finally {
        spy.mockRestore();
      }
    });
  });
}
