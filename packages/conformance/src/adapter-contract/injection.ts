import { describe, expect, it } from "vitest";
import type { Adapter } from "../adapter.js";
import { ACCEPT, startApp } from "../support/start-app.js";
import { refusedInjections, sentInjections } from "../support/injection-vectors.js";

/** P1: no value in any field creates another field or event. */
export function injectionContract(adapter: Adapter): void {
  describe("P1: no value creates another field or event", () => {
    it.each(refusedInjections)("refused: $name", async ({ message, refusedWith }) => {
      const app = await startApp(adapter, { path: "/", source: [message] });
      const response = await app.request("/", { headers: ACCEPT });
      expect(response.status).toBe(500);
      expect(app.errors).toMatchObject([{ code: refusedWith }]);
    });

    it.each(sentInjections)("sent: $name", async ({ message, expected }) => {
      const app = await startApp(adapter, { path: "/", source: [message] });
      const reader = await app.read("/");
      const events = await reader.all();
      const { lastEventId } = expected.events[0]!;
      expect(events).toEqual([
        ...expected.events,
        { type: "end", data: "", lastEventId: `${lastEventId}~end` },
      ]);
      expect(reader.retries).toEqual([3000, ...expected.retries]);
      expect(reader.comments).toEqual(expected.comments);
    });
  });
}
