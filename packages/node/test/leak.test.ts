import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { findLeaks, measureLeaks } from "../../bench/measure-leaks.mjs";

// In a process of its own, where only the app is, with the built packages: `node packages/bench/leak.mjs` is the same.
test("P9: after 10 000 connects and aborts no stream, listener or timer is left, and memory is back", async () => {
  const built = new URL("../../express/dist/index.js", import.meta.url);
  expect(existsSync(built), "the packages are built: run `pnpm build` before").toBe(true);

  const measured = await measureLeaks({ warmUp: 2000, cycles: 10_000 });

  const served = Object.values(measured.after.requests).reduce((sum, count) => sum + count, 0);
  expect(served).toBeGreaterThan(10_000);
  expect(measured.after.sources.started).toBeGreaterThan(4_000);
  expect(findLeaks(measured)).toEqual([]);
}, 300_000);
