import { describe, expect, test } from "vitest";
import { measureDrain } from "../../bench/measure-drain.mjs";

// The built packages run in a process of their own, which has to exit by itself.
describe("P8: events.close() with 10 000 open streams", () => {
  test.each(["last", "first"] as const)(
    "ends within its grace period and spreads the reconnects over the window, and the process exits (server.close() is called %s)",
    async (order) => {
      const { code, server, retries, ended } = await measureDrain({ streams: 10_000, grace: 20_000, order });
      expect(code).toBe(0);
      expect(server.open).toBe(10_000);
      expect(server.ms).toBeLessThan(20_000);
      expect(ended).toBe(10_000);
      expect(Math.min(...retries)).toBeGreaterThanOrEqual(2_000);
      expect(Math.max(...retries)).toBeLessThanOrEqual(8_000);
      // Evenly spread: no tenth of the window gets twice its share.
      const tenths = Array.from({ length: 10 }, () => 0);
      for (const retry of retries) tenths[Math.min(9, Math.floor((retry - 2_000) / 600))]!++;
      expect(Math.max(...tenths)).toBeLessThan(2_000);
    },
    120_000,
  );
});
