import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { pause, within } from "../support/within.js";

// The message is larger than the buffers of the operating system. The client takes more than three times
// `stallTimeout` to read it.
const BYTES = 20 << 20;
const STALL_TIMEOUT = 1_000;
const TAKES = 3_500;

/** A message that the client cannot read within `stallTimeout`. */
export function largeFrameContract(adapter: Adapter): void {
  describe("P7: a steady reader of one large message", () => {
    it("is not disconnected as slow, however long it takes", async () => {
      const options = { stallTimeout: STALL_TIMEOUT };
      const app = await startApp(adapter, { path: "/", source: ["x".repeat(BYTES)] }, options);
      const reader = (await app.request("/", { headers: ACCEPT })).body!.getReader();
      const began = performance.now();
      let taken = 0;
      for (;;) {
        const { done, value } = await within("the next bytes", reader.read());
        if (done) break;
        taken += value.byteLength;
        const early = began + (taken / BYTES) * TAKES - performance.now();
        if (early > 1) await pause(early);
      }
      expect(taken).toBeGreaterThan(BYTES);
      expect(app.closeReasons).toEqual(["ended"]);
    });
  });
}
