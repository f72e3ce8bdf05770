import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { startApp } from "../support/start-app.js";
import { createGate, pause } from "../support/within.js";

/** When the head of the response is sent. */
export function headContract(adapter: Adapter): void {
  describe("the head", () => {
    it("is sent at once without a source", async () => {
      const app = await startApp(adapter, { path: "/" }, { headTimeout: 1_000_000 });
      const reader = await app.read("/");
      expect(reader.response.status).toBe(200);
    });

    it("waits for the first item of a source", async () => {
      const gate = createGate();
      async function* source(): AsyncGenerator<string> {
        await gate.opened;
        yield "one";
      }
      const app = await startApp(adapter, { path: "/", source }, { headTimeout: 1_000_000 });
      let answered = false;
      const reading = app.read("/").finally(() => (answered = true));
      await pause(100);
      expect(answered).toBe(false);
      gate.open();
      expect(await (await reading).allData()).toEqual(["one"]);
    });

    it("is sent when a source function sends something itself", async () => {
      const gate = createGate();
      const app = await startApp(
        adapter,
        { path: "/", source: (stream) => (stream.comment("soon"), gate.opened) },
        { headTimeout: 1_000_000 },
      );
      const reader = await app.read("/");
      expect(reader.response.status).toBe(200);
      gate.open();
      expect(await reader.allData()).toEqual([]);
      expect(reader.comments).toEqual(["soon"]);
    });
  });
}
