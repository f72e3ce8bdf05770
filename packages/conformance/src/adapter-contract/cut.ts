import type { EventStream } from "@ssekit/core";
import { describe, expect, it, vi } from "vitest";
import type { Adapter } from "../adapter.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { pause, within } from "../support/within.js";

/** A client that is disconnected must not cause any output of the program. */
export function cutContract(adapter: Adapter): void {
  describe("a client that is disconnected because it does not read", () => {
    it("is not an error of the app and prints no stack trace", async () => {
      const spy = vi.spyOn(console, "error").mockImplementation(() => {});
      try {
        let stream: EventStream | undefined;
        const onStream = (opened: EventStream): void => void (stream = opened);
        const app = await startApp(adapter, { path: "/", onStream });
        await app.request("/", { headers: ACCEPT });
        while (stream!.send("x".repeat(1 << 20))) await pause(1);
        expect(await within("closed", stream!.closed)).toBe("slow");
        await pause(50); // for errors that are reported later
        expect([app.errors, app.reported, spy.mock.calls]).toEqual([[], [], []]);
      } finally {
        spy.mockRestore();
      }
    });
  });
}
